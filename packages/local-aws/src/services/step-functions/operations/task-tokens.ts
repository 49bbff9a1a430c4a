import type { SendTaskFailureInput, SendTaskHeartbeatInput, SendTaskSuccessInput } from '@aws-sdk/client-sfn';
import { ServiceError } from '../../../service.ts';
import type { Executions } from '../executions/executions.ts';
import { DATA_LIMIT, type Json, sizeOf } from '../json.ts';

/** The answers to task tokens. */
export function taskTokenOperations(executions: Executions) {
  return {
    SendTaskSuccess: ({ taskToken, output }: SendTaskSuccessInput) => {
      executions.reply(taskToken as string, { output: parseOutput(output as string) });
      return {};
    },
    SendTaskFailure: ({ taskToken, error, cause }: SendTaskFailureInput) => {
      executions.reply(taskToken as string, {
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      });
      return {};
    },
    SendTaskHeartbeat: ({ taskToken }: SendTaskHeartbeatInput) => {
      executions.heartbeat(taskToken as string);
      return {};
    },
  };
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
