import type { SFNClient } from '@aws-sdk/client-sfn';
import type { Bucket } from '#cloud/aws/bucket.ts';
import { type StartedExecution, startRollback as start } from '#cloud/promotions/start-execution.ts';
import { championHistoryIn } from '#cloud/records/champion-history.ts';
import type { RollbackInput } from '#core/contracts/promotion.ts';
import { type DomainOutcome, promotionSummarySchema } from '#core/contracts/promotion-state.ts';
import { GraftError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';
import { explained } from '../../aws/explain.ts';
import { awaitExecution } from '../../promotions/await-execution.ts';

/**
 * Checks a rollback before it starts, as the state machine will: a wrong name or version is then an error of
 * this command, not a failed execution with an alarm.
 *
 * @throws NotFoundError when no model is live in the domain, or no earlier champion fits
 */
export async function checkRollback(artifacts: Bucket, request: RollbackInput['rollback']): Promise<void> {
  await explained(`read what was live in "${request.domain}" from s3://${artifacts.name}`, () =>
    championHistoryIn(artifacts).findRollback(request),
  );
}

/** Starts the state machine with a rollback as its input. */
export function startRollback(
  sfn: SFNClient,
  stateMachineArn: string,
  rollback: RollbackInput['rollback'],
  at: Date,
): Promise<StartedExecution> {
  return explained(`start ${stateMachineArn}`, () => start(sfn, stateMachineArn, rollback, at));
}

/**
 * Waits until the rollback has ended.
 *
 * @throws GraftError with the reason when the earlier champion is not live
 */
export async function awaitRollback(
  sfn: SFNClient,
  executionArn: string,
  signal: AbortSignal,
): Promise<DomainOutcome> {
  const { status, output, error, cause } = await awaitExecution(sfn, executionArn, async () => {}, signal);
  if (status !== 'SUCCEEDED') throw notRolledBack(cause ?? error ?? String(status));
  const summary = parseJson(promotionSummarySchema, output ?? '', `The output of ${executionArn}`);
  const outcome = summary.outcomes[0]!;
  if (outcome.outcome === 'DEPLOYED') return outcome;
  throw notRolledBack(`${outcome.outcome}: ${outcome.reason}`);
}

const notRolledBack = (reason: string) =>
  new GraftError('NotRolledBack', `Nothing was rolled back: ${reason}`, {
    hint: 'What was live is still live, unless the reason says otherwise.',
  });
