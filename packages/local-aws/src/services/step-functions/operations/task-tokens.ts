import type { SendTaskFailureInput, SendTaskHeartbeatInput, SendTaskSuccessInput } from '@aws-sdk/client-sfn';
import { ServiceError } from '../../../service.ts';
import type { StepFunctionsContext } from '../context.ts';
import { DATA_LIMIT, type Json, sizeOf } from '../json.ts';

// The answers to task tokens.

export function sendTaskSuccess(
  { executions }: StepFunctionsContext,
  { taskToken, output }: SendTaskSuccessInput,
): void {
  executions.reply(taskToken as string, { output: parseOutput(output as string) });
}

export function sendTaskFailure(
  { executions }: StepFunctionsContext,
  { taskToken, error, cause }: SendTaskFailureInput,
): void {
  executions.reply(taskToken as string, {
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  });
}

export function sendTaskHeartbeat(
  { executions }: StepFunctionsContext,
  { taskToken }: SendTaskHeartbeatInput,
): void {
  executions.heartbeat(taskToken as string);
}

function parseOutput(output: string): Json {
  if (sizeOf(output) > DATA_LIMIT) {
    throw new ServiceError(
      'InvalidOutput',
      `Invalid Output: 'the output is larger than ${DATA_LIMIT} bytes'`,
    );
  }
  try {
    return JSON.parse(output) as Json;
  } catch (error) {
    throw new ServiceError('InvalidOutput', `Invalid Output: '${(error as Error).message}'`);
  }
}
