import type { HistoryEvent, HistoryEventType } from '@aws-sdk/client-sfn';

/** Most events that an execution may have before Step Functions ends it. */
export const MOST_EVENTS = 25_000;

/**
 * One line of an execution's journal: a history event, or (without `type`) something that only the
 * interpreter needs to know after a restart.
 */
export interface Entry {
  /** What this is about, unique in the execution: `0` is the first state, `0/1` its second attempt, … */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Event id from 1; a line that is no event carries the id of the event before it in its flow. */
  readonly id: number;
  readonly previous: number;
  readonly type?: HistoryEventType;
  readonly details?: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: read back by the code that wrote it, under the same key
  readonly data?: any;
}

/** Details that contain the data of the execution, left out when the caller does not want it. */
const DATA_FIELDS = new Set([
  'input',
  'output',
  'parameters',
  'assignedVariables',
  'inputDetails',
  'outputDetails',
  'assignedVariablesDetails',
]);

/** The API's model requires `parameters`, so without data they are empty. */
function withoutData(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown = Object.entries(details).filter(([name]) => !DATA_FIELDS.has(name));
  return { ...Object.fromEntries(shown), ...('parameters' in details ? { parameters: '' } : {}) };
}

/** A journal line as `GetExecutionHistory` shows it. */
export function toHistoryEvent(
  entry: Entry & { type: HistoryEventType },
  includeExecutionData: boolean,
): HistoryEvent {
  const details = entry.details ?? {};
  const shown = includeExecutionData ? details : withoutData(details);
  const member = detailsMember(entry.type);
  return {
    timestamp: new Date(entry.time),
    type: entry.type,
    id: entry.id,
    previousEventId: entry.previous,
    ...(member && entry.details ? { [member]: shown } : {}),
  } as HistoryEvent;
}

/** The member of HistoryEvent that holds the details of such an event. */
function detailsMember(type: HistoryEventType): string | undefined {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}
