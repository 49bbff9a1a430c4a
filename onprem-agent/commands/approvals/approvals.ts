import { decisionTable } from '#cloud/notices/approval-question.ts';
import type { PendingApproval } from '#core/contracts/approval.ts';
import { reportKey } from '#core/keys.ts';
import { agentCommand } from '../../cli/command.ts';
import { approvalArgs, approvalClient } from './answer-approval.ts';

export const approvals = agentCommand({
  args: approvalArgs,
  examples: ['graft approvals', 'graft approvals --stack graft-prod --json'],
  async run({ args, io, output }) {
    const client = await approvalClient(args, io.environment);
    const waiting = await client.list();
    output.result(
      // The token lets its holder answer, so it must not get into a log.
      { command: 'approvals', waiting: waiting.map(({ token: _token, ...pending }) => pending) },
      waiting.length === 0
        ? 'Nothing waits for approval'
        : waiting.map((pending) => describe(pending, client.bucket)).join('\n\n'),
    );
  },
});

function describe(pending: PendingApproval, bucket: string): string {
  const { domain, model, version, execution, expiresAt, forced } = pending;
  return [
    `${domain}  ${model} ${version}  until ${expiresAt}  ${execution}`,
    `  accuracy ${pending.transferAccuracy.toFixed(3)}, ${pending.baselineAccuracy.toFixed(3)} without transfer learning`,
    ...(forced === undefined ? [] : [`  forced by ${forced.by}: ${forced.reason}`]),
    ...decisionTable(pending).map((line) => `  ${line}`),
    `  report: aws s3 cp s3://${bucket}/${reportKey(execution, domain, 'html')} ${domain}.html`,
  ].join('\n');
}
