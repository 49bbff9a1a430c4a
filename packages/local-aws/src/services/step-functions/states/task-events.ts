import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Resource } from '../definition/resource.ts';
import type { Entry } from '../history.ts';
import type { Json } from '../json.ts';
import type { Plan } from './task.ts';

/** The events of an attempt: those of a Lambda function named directly differ from those of integrations. */
export interface TaskEvents {
  readonly scheduled: HistoryEventType;
  readonly started: HistoryEventType;
  readonly succeeded: HistoryEventType;
  readonly failed: HistoryEventType;
  readonly timedOut: HistoryEventType;
  scheduledDetails(input: Json, plan: Plan, region: string): Record<string, unknown>;
  /** The details with what every event of this kind says; undefined for an event without details. */
  details(own: Record<string, unknown>): Record<string, unknown> | undefined;
  /** The arguments that a `scheduled` event tells. */
  inputOf(scheduled: Entry): Json;
}

export function taskEvents(resource: Resource): TaskEvents {
  return resource.kind === 'function' ? functionEvents(resource.functionName) : integrationEvents(resource);
}

function functionEvents(functionArn: string): TaskEvents {
  return {
    scheduled: 'LambdaFunctionScheduled',
    started: 'LambdaFunctionStarted',
    succeeded: 'LambdaFunctionSucceeded',
    failed: 'LambdaFunctionFailed',
    timedOut: 'LambdaFunctionTimedOut',
    scheduledDetails: (input, { timeoutSeconds }) => ({
      resource: functionArn,
      input: JSON.stringify(input),
      inputDetails: { truncated: false },
      ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
    }),
    details: (own) => (Object.keys(own).length === 0 ? undefined : own),
    inputOf: ({ details }) => JSON.parse((details as { input: string }).input) as Json,
  };
}

function integrationEvents({ resource, resourceType }: Resource & { kind: 'integration' }): TaskEvents {
  return {
    scheduled: 'TaskScheduled',
    started: 'TaskStarted',
    succeeded: 'TaskSucceeded',
    failed: 'TaskFailed',
    timedOut: 'TaskTimedOut',
    scheduledDetails: (input, { timeoutSeconds, heartbeatSeconds }, region) => ({
      resourceType,
      resource,
      region,
      parameters: JSON.stringify(input),
      ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
      ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
    }),
    details: (own) => ({ resourceType, resource, ...own }),
    inputOf: ({ details }) => JSON.parse((details as { parameters: string }).parameters) as Json,
  };
}
