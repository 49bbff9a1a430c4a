import { GetExecutionHistoryCommand, type HistoryEvent, type SFNClient } from '@aws-sdk/client-sfn';
import { verifiedSchema } from '#core/contracts/promotion-state.ts';
import type { StateProgress } from '../contracts/promotions.ts';

/** Events of one answer; Step Functions gives no more. */
const PAGE = 1000;
/** At the beginning of a history, VerifyModel's answer is among them. */
const FIRST_EVENTS = 25;

/**
 * The domains of an execution in the order of the Map's iterations; undefined until the model is verified.
 */
export async function domainsOf(sfn: SFNClient, executionArn: string): Promise<string[] | undefined> {
  const { events = [] } = await sfn.send(
    new GetExecutionHistoryCommand({ executionArn, maxResults: FIRST_EVENTS, includeExecutionData: true }),
  );
  const output = events
    .map((event) => event.stateExitedEventDetails)
    .find((details) => details?.name === 'VerifyModel')?.output;
  return output === undefined ? undefined : verifiedSchema.safeParse(JSON.parse(output)).data?.domains;
}

/** Reads an execution's history, each event once, without the states' data. */
export function historyReader(sfn: SFNClient, executionArn: string) {
  const known: HistoryEvent[] = [];
  return async function read(): Promise<readonly HistoryEvent[]> {
    const last = known.at(-1)?.id ?? 0;
    const fresh: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await sfn.send(
        new GetExecutionHistoryCommand({
          executionArn,
          // After the first time the new events are few, and at the end.
          reverseOrder: true,
          maxResults: last === 0 ? PAGE : 100,
          includeExecutionData: false,
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
      );
      const events = page.events ?? [];
      fresh.push(...events.filter(({ id }) => id! > last));
      nextToken = events.some(({ id }) => id! <= last) ? undefined : page.nextToken;
    } while (nextToken !== undefined);
    known.push(...fresh.reverse());
    return known;
  };
}

/**
 * How far the states are, of one iteration of the Map and of those outside it, in the order in which they
 * began. A state that is entered again counts from then on.
 *
 * @param iteration undefined while it is not known
 */
export function progressOf(events: readonly HistoryEvent[], iteration: number | undefined): StateProgress[] {
  const iterations = new Map<number, number | undefined>();
  const entered = new Map<number, string>();
  const states = new Map<string, StateProgress>();
  for (const event of events) {
    const { id = 0, previousEventId = 0, type = '', timestamp } = event;
    const own = event.mapIterationStartedEventDetails?.index;
    const leaves = type === 'MapStateSucceeded' || type === 'MapStateExited' || type === 'MapStateFailed';
    iterations.set(id, leaves ? undefined : (own ?? iterations.get(previousEventId)));
    const of = iterations.get(id);
    if (of !== undefined && of !== iteration) continue;
    const name = nameIn(event) ?? entered.get(previousEventId);
    if (name === undefined) continue;
    entered.set(id, name);
    const at = timestamp!.toISOString();
    const state = states.get(name);
    if (type === 'TaskStateEntered') {
      states.delete(name);
      states.set(name, { name, status: 'running', startedAt: at, attempts: 0 });
    } else if (state !== undefined) states.set(name, { ...state, ...changeBy(event, state, at) });
  }
  return closed([...states.values()], events);
}

const nameIn = ({ stateEnteredEventDetails, stateExitedEventDetails }: HistoryEvent) =>
  stateEnteredEventDetails?.name ?? stateExitedEventDetails?.name;

function changeBy(event: HistoryEvent, state: StateProgress, at: string): Partial<StateProgress> {
  const { type = '' } = event;
  if (type === 'TaskScheduled' || type === 'LambdaFunctionScheduled') return { attempts: state.attempts + 1 };
  if (type === 'TaskStateExited') {
    return { status: state.status === 'failed' ? 'failed' : 'done', endedAt: at };
  }
  const failed =
    event.taskFailedEventDetails ??
    event.taskTimedOutEventDetails ??
    event.lambdaFunctionFailedEventDetails ??
    event.lambdaFunctionTimedOutEventDetails;
  if (failed === undefined) return type === 'TaskSucceeded' ? { status: 'running' } : {};
  return { error: [failed.error, sentenceOf(failed.cause)].filter(Boolean).join(': ') };
}

/** The sentence inside a Lambda's error; other causes are plain text. */
function sentenceOf(cause: string | undefined): string | undefined {
  try {
    return (JSON.parse(cause ?? '') as { errorMessage?: string }).errorMessage ?? cause;
  } catch {
    return cause;
  }
}

/** A state of an execution that has ended does not run any more. */
function closed(states: StateProgress[], events: readonly HistoryEvent[]): StateProgress[] {
  const last = events.at(-1);
  if (!/^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(last?.type ?? '')) return states;
  const endedAt = last!.timestamp!.toISOString();
  return states.map((state) =>
    state.status === 'running' ? { ...state, status: 'failed', endedAt } : state,
  );
}
