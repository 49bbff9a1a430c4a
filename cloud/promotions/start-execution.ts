import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { PromotionInput, RollbackInput } from '#core/contracts/promotion.ts';
import { rollbackExecutionName } from '#core/names.ts';

export type StartedExecution = {
  execution: string;
  executionArn: string;
};

/** Starts the state machine with a rollback as its input. */
export function startRollback(
  sfn: SFNClient,
  stateMachineArn: string,
  rollback: RollbackInput['rollback'],
  at: Date,
): Promise<StartedExecution> {
  return start(sfn, stateMachineArn, { rollback }, rollbackExecutionName(rollback.domain, at));
}

/** Starts a promotion that a person asks for. Step Functions names it, so that it meets no other. */
export function startPromotion(
  sfn: SFNClient,
  stateMachineArn: string,
  input: PromotionInput,
): Promise<StartedExecution> {
  return start(sfn, stateMachineArn, input);
}

async function start(
  sfn: SFNClient,
  stateMachineArn: string,
  input: PromotionInput | RollbackInput,
  name?: string,
): Promise<StartedExecution> {
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({
      stateMachineArn,
      input: JSON.stringify(input),
      ...(name === undefined ? {} : { name }),
    }),
  );
  return { execution: executionArn!.slice(executionArn!.lastIndexOf(':') + 1), executionArn: executionArn! };
}
