import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ExecutionDoesNotExist,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { explained } from '../aws/explain.ts';

/**
 * Milliseconds between two looks. Rollbacks take seconds, promotions minutes or days, so the pauses grow.
 */
const POLL_MS = { first: 200, most: 5_000 };

/** Milliseconds to wait before each look, longer each time. */
export function* pollIntervals(): Generator<number> {
  for (let interval = POLL_MS.first; ; interval = Math.min(POLL_MS.most, interval * 1.3)) yield interval;
}

/** The state of an execution; undefined while there is none of this name. */
export async function findExecution(
  sfn: SFNClient,
  executionArn: string,
  signal: AbortSignal,
): Promise<DescribeExecutionOutput | undefined> {
  return explained(`look at ${executionArn}`, async () => {
    try {
      return await sfn.send(new DescribeExecutionCommand({ executionArn }), { abortSignal: signal });
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    }
  });
}

/**
 * Waits until an execution has ended.
 *
 * @param whileRunning is called after each look at which it has not
 */
export async function awaitExecution(
  sfn: SFNClient,
  executionArn: string,
  whileRunning: () => Promise<void>,
  signal: AbortSignal,
): Promise<DescribeExecutionOutput> {
  for (const interval of pollIntervals()) {
    const execution = await findExecution(sfn, executionArn, signal);
    const { status } = execution ?? {};
    if (execution !== undefined && status !== 'RUNNING' && status !== 'PENDING_REDRIVE') return execution;
    await whileRunning();
    await sleep(interval, undefined, { signal });
  }
  throw new Error('unreachable: the intervals never end');
}
