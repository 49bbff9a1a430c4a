import type { S3Client } from '@aws-sdk/client-s3';
import type { SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { s3Client, snsClient } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { publishQuestion, saveApproval } from '#cloud/records/approvals.ts';
import type { PendingApproval } from '#core/contracts/approval.ts';
import { approvalPolicySchema } from '#core/contracts/domain.ts';
import { domainSubjectSchema, gatedSchema } from '#core/contracts/promotion-state.ts';
import { lambda } from './middleware/lambda.ts';

const inputSchema = domainSubjectSchema.extend({
  token: z.string().min(1),
  gate: gatedSchema,
  policy: approvalPolicySchema,
  /** Whether an answer has come that could not be understood. */
  again: z.boolean(),
});

const NOT_UNDERSTOOD =
  'An answer has come that could not be understood. It needs "approved" (true or false), "by" (your name), and for a no its reason as "comment".';

export interface AwaitApprovalDependencies {
  s3: S3Client;
  sns: SNSClient;
  artifactsBucket: string;
  topicArn: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Asks a person. The token is stored before anybody is told of it, so that `graft` finds whatever the message names. */
export function createAwaitApproval(dependencies: AwaitApprovalDependencies) {
  const { s3, sns, artifactsBucket, topicArn, now } = dependencies;
  return async function awaitApproval(input: z.output<typeof inputSchema>): Promise<{ expiresAt: string }> {
    const { token, execution, domain, model, version, gate, policy, again } = input;
    const { decision, rows, forced, baselineAccuracy, transferAccuracy } = gate;
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
    await saveApproval(s3, artifactsBucket, pending);
    await publishQuestion(sns, topicArn, artifactsBucket, pending, again ? NOT_UNDERSTOOD : undefined);
    return { expiresAt };
  };
}

export const handler = lambda('AwaitApproval', inputSchema, () => {
  const settings = readSettings('GRAFT_ARTIFACTS_BUCKET', 'GRAFT_TOPIC_ARN');
  return createAwaitApproval({
    s3: s3Client(),
    sns: snsClient(),
    artifactsBucket: settings.GRAFT_ARTIFACTS_BUCKET,
    topicArn: settings.GRAFT_TOPIC_ARN,
    now: Date.now,
  });
});
