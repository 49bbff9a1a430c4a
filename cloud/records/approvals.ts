import type { S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { type PendingApproval, pendingApprovalSchema } from '#core/contracts/approval.ts';
import { approvalKey, approvalsPrefix, promotionPrefix, reportKey } from '#core/keys.ts';
import { deleteObject, findJson, listObjects, writeJson } from '../aws/objects.ts';

export async function saveApproval(s3: S3Client, artifactsBucket: string, pending: PendingApproval) {
  await writeJson(s3, artifactsBucket, approvalKey(pending.execution, pending.domain), pending);
}

/** Removing what is not there is fine. */
export async function removeApproval(
  s3: S3Client,
  artifactsBucket: string,
  { execution, domain }: { execution: string; domain: string },
) {
  await deleteObject(s3, artifactsBucket, approvalKey(execution, domain));
}

/** Every promotion that waits for a person, by execution and domain. */
export async function listApprovals(s3: S3Client, artifactsBucket: string): Promise<PendingApproval[]> {
  const waiting: PendingApproval[] = [];
  for await (const { key } of listObjects(s3, artifactsBucket, approvalsPrefix)) {
    const found = await findJson(s3, artifactsBucket, key, pendingApprovalSchema);
    if (found !== undefined) waiting.push(found.value);
  }
  return waiting;
}

/** The gate's rules, a line each, for people. */
export function decisionTable({ rows }: Pick<PendingApproval, 'rows'>): string[] {
  const width = Math.max(...rows.map(({ rule }) => rule.length), 0);
  return rows.map(
    ({ rule, observed, required, passed }) =>
      `${passed ? 'yes' : 'NO '}  ${rule.padEnd(width)}  ${observed}, required ${required}`,
  );
}

/**
 * Asks the topic's subscribers: the decision, and how to answer with `graft` and without it. The token alone opens nothing: whoever
 * answers needs the permission `states:SendTaskSuccess` too.
 *
 * @param note what was wrong with an answer that has been given
 */
export async function publishQuestion(
  sns: SNSClient,
  topicArn: string,
  artifactsBucket: string,
  pending: PendingApproval,
  note?: string,
): Promise<void> {
  const { domain, execution, model, version, token, forced } = pending;
  const plain = (answer: object) => [
    'aws stepfunctions send-task-success \\',
    `  --task-output '${JSON.stringify(answer)}' \\`,
    `  --task-token '${token}'`,
  ];
  await sns.send(
    new PublishCommand({
      TopicArn: topicArn,
      Subject: `Graft: ${domain} waits for your approval (${model} ${version})`.slice(0, 100),
      Message: [
        `${domain}: ${model} ${version} waits for your approval`,
        ...(note === undefined ? [] : ['', note]),
        '',
        `Accuracy ${pending.transferAccuracy.toFixed(3)} with transfer learning, ${pending.baselineAccuracy.toFixed(3)} without.`,
        forced === undefined
          ? 'The gate says yes:'
          : `The gate says no, and ${forced.by} forces it (${forced.reason}):`,
        ...decisionTable(pending).map((line) => `  ${line}`),
        '',
        `Without an answer by ${pending.expiresAt} it is rejected. What is live stays live until then.`,
        '',
        'Look at the report first:',
        `  aws s3 cp s3://${artifactsBucket}/${reportKey(execution, domain, 'html')} ${domain}.html`,
        '',
        'Answer with',
        `  graft approve ${domain} --execution ${execution}`,
        `  graft reject ${domain} --execution ${execution} --reason "…"`,
        '',
        'or, without graft, yes:',
        ...plain({ approved: true, by: 'your name' }),
        'no:',
        ...plain({ approved: false, by: 'your name', comment: 'your reason' }),
        '',
        `Execution: ${execution}`,
        `Details: s3://${artifactsBucket}/${promotionPrefix(execution, domain)}`,
      ].join('\n'),
      MessageAttributes: {
        domain: { DataType: 'String', StringValue: domain },
        outcome: { DataType: 'String', StringValue: 'AWAITING_APPROVAL' },
      },
    }),
  );
}
