import type { SFNClient } from '@aws-sdk/client-sfn';
import type { ApprovalAnswer, PendingApproval } from '#core/contracts/approval.ts';
import { GraftError } from '#core/errors.ts';
import { answerTask } from '../aws/executions.ts';
import type { PromotionStore } from '../records/promotion-store.ts';

/**
 * Sends a person's answer to the promotion that waits for it, and removes the question.
 *
 * @throws GraftError when the question has been answered before or has expired
 */
export async function answerApproval(
  sfn: SFNClient,
  approvals: Pick<PromotionStore['approvals'], 'remove'>,
  pending: PendingApproval,
  given: ApprovalAnswer,
): Promise<void> {
  const { domain, execution, token } = pending;
  if (await answerTask(sfn, token, { output: given })) {
    await approvals.remove(pending);
    return;
  }
  // The stored question stays: it may be a newer one.
  throw new GraftError('NotWaiting', `${execution} does not wait for an answer about "${domain}" any more`, {
    hint: 'It was answered before, ran out of time, or was stopped: its outcome.json says which.',
  });
}
