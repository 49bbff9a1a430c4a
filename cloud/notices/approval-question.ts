import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { ApprovalAnswer, PendingApproval } from '#core/contracts/approval.ts';
import { promotionPrefix, reportKey } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';

/** The gate's rules, a line each, for people. */
export function decisionTable({ rows }: Pick<PendingApproval, 'rows'>): string[] {
  const width = Math.max(...rows.map(({ rule }) => rule.length), 0);
  return rows.map(
    ({ rule, observed, required, passed }) =>
      `${passed ? 'yes' : 'NO '}  ${rule.padEnd(width)}  ${observed}, required ${required}`,
  );
}

/**
 * Asks the topic's subscribers for approval. The message has the gate decision, and how to answer with
 * `graft` and without it. The token alone permits nothing: an answer needs the permission
 * `states:SendTaskSuccess` too.
 *
 * @param note what was wrong with an earlier answer
 */
export async function publishApprovalQuestion(
  sns: SNSClient,
  { topicArn, artifacts }: { topicArn: string; artifacts: Bucket },
  pending: PendingApproval,
  note?: string,
): Promise<void> {
  const { domain, execution, model, version, token, forced } = pending;
  const plain = (answer: ApprovalAnswer) => [
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
        `Without an answer by ${pending.expiresAt} it is rejected. The live model stays live until then.`,
        '',
        'Look at the report first:',
        `  aws s3 cp ${artifacts.uri(reportKey(execution, domain, 'html'))} ${domain}.html`,
        '',
        'Answer with',
        `  graft approve ${domain} --execution ${execution}`,
        `  graft reject ${domain} --execution ${execution} --reason "…"`,
        '',
        'or, without graft, to approve:',
        ...plain({ approved: true, by: 'your name' }),
        'to reject:',
        ...plain({ approved: false, by: 'your name', comment: 'your reason' }),
        '',
        `Execution: ${execution}`,
        `Details: ${artifacts.uri(promotionPrefix(execution, domain))}`,
      ].join('\n'),
      MessageAttributes: {
        domain: { DataType: 'String', StringValue: domain },
        outcome: { DataType: 'String', StringValue: 'AWAITING_APPROVAL' },
      },
    }),
  );
}
