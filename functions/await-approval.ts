import * as z from 'zod';
import { s3Client, snsClient } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { publishApprovalQuestion } from '#cloud/notices/approval-question.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { APPROVAL_ANSWER_FORM, type PendingApproval } from '#core/contracts/approval.ts';
import { approvalPolicySchema } from '#core/contracts/domain.ts';
import { domainSubjectSchema, gatedSchema } from '#core/contracts/promotion-state.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

const inputSchema = domainSubjectSchema.extend({
  token: z.string().min(1),
  gate: gatedSchema,
  policy: approvalPolicySchema,
  /** Whether an earlier answer could not be understood. */
  again: z.boolean(),
});

const NOT_UNDERSTOOD = `The answer could not be understood. ${APPROVAL_ANSWER_FORM}`;

/**
 * Asks a person. The token is stored before the message is sent, so that `graft` finds what the message
 * names.
 */
export function createAwaitApproval({
  store,
  sns,
  now,
  settings,
}: Services<'store' | 'sns' | 'now', 'topicArn'>) {
  return async function awaitApproval(input: z.output<typeof inputSchema>): Promise<{ expiresAt: string }> {
    const { token, execution, domain, model, version, gate: gateDecision, policy, again } = input;
    const { decision, rows, forced, baselineAccuracy, transferAccuracy } = gateDecision;
    const asked = now();
    const expiresAt = new Date(asked + policy.timeoutSeconds * 1000).toISOString();
    const pending: PendingApproval = {
      schemaVersion: 1,
      token,
      execution,
      domain,
      model,
      version,
      askedAt: new Date(asked).toISOString(),
      expiresAt,
      decision,
      ...(forced === undefined ? {} : { forced }),
      rows,
      baselineAccuracy,
      transferAccuracy,
    };
    await store.approvals.save(pending);
    const to = { topicArn: settings.topicArn, artifacts: store.bucket };
    await publishApprovalQuestion(sns, to, pending, again ? NOT_UNDERSTOOD : undefined);
    return { expiresAt };
  };
}

export const handler = lambda('AwaitApproval', inputSchema, () => {
  const settings = readSettings('artifactsBucket', 'topicArn');
  const store = promotionStore(s3Client(), settings.artifactsBucket);
  return createAwaitApproval({ store, sns: snsClient(), now: Date.now, settings });
});
