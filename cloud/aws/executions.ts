import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { shorten } from '#core/shorten.ts';

/** Whether an execution still runs, or may run again from where it stopped. */
export async function isRunning(sfn: SFNClient, executionArn: string): Promise<boolean> {
  try {
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return status === 'RUNNING' || status === 'PENDING_REDRIVE';
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return false;
    throw error;
  }
}

/** What a waiting state is told. */
export type TaskAnswer = { output: unknown } | { error: string; cause: string };

/**
 * How it stands with a training job or an endpoint that a state waits for: it still changes, the state has
 * its answer now, or no state waits with the stored token any more.
 */
export type Settled = 'running' | 'answered' | 'not waiting';

/**
 * Answers a waiting state.
 *
 * @returns false when no state waits with this token any more: the task was answered, timed out, or its
 *   execution has ended. That is how duplicated events look, so it is no error.
 */
export async function answerTask(sfn: SFNClient, token: string, answer: TaskAnswer): Promise<boolean> {
  try {
    if ('output' in answer) {
      const output = JSON.stringify(answer.output);
      await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output }));
    } else {
      const cause = shorten(answer.cause, 32_768);
      await sfn.send(new SendTaskFailureCommand({ taskToken: token, error: answer.error, cause }));
    }
    return true;
  } catch (error) {
    if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken) {
      return false;
    }
    throw error;
  }
}
