import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { executionArnOf } from '#core/names.ts';
import { ProblemError } from '#core/problem.ts';

export interface Start {
  stateMachineArn: string;
  /** One for each thing that is to be started once. */
  name: string;
  input: object;
}

/**
 * Starts an execution, or finds the one that an earlier request of this name has started, also where that
 * has ended since.
 *
 * @throws ProblemError 422 when the earlier one had another input
 */
export async function startOnce(sfn: SFNClient, { stateMachineArn, name, input }: Start) {
  const text = JSON.stringify(input);
  try {
    const { startDate } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: text }));
    return { id: name, status: 'RUNNING' as const, startedAt: startDate!.toISOString() };
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
    const arn = executionArnOf(stateMachineArn, name);
    const earlier = await sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
    if (earlier.input !== text) {
      const detail = 'An earlier request with this Idempotency-Key had another content: use a new key';
      throw new ProblemError(422, detail, { cause: error });
    }
    return { id: name, status: earlier.status!, startedAt: earlier.startDate!.toISOString() };
  }
}
