import { Bucket } from '#cloud/aws/bucket.ts';
import { answerApproval } from '#cloud/promotions/answer-approval.ts';
import { approvalsIn } from '#cloud/records/approvals.ts';
import { type ApprovalAnswer, approvalAnswerSchema, type PendingApproval } from '#core/contracts/approval.ts';
import { NotFoundError } from '#core/errors.ts';
import { cloudFormationClient, stepFunctionsClient } from '../../aws/clients.ts';
import { explained } from '../../aws/explain.ts';
import { s3Client } from '../../aws/s3-clients.ts';
import { stackOutput } from '../../aws/stack.ts';
import { awsArgs, stackArgs } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';

/** Options of every command about approvals. */
export const approvalArgs = {
  bucket: { type: 'string', valueHint: 'NAME', description: 'Artifacts bucket, instead of asking the stack' },
  ...stackArgs,
  ...awsArgs,
} as const;

interface ApprovalOptions {
  bucket?: string | undefined;
  stack: string;
  region?: string | undefined;
  'endpoint-url'?: string | undefined;
}

/** Lists and answers the approvals of a deployment. */
export async function approvalClient(options: ApprovalOptions, environment: NodeJS.ProcessEnv) {
  const aws = { region: options.region, endpointUrl: options['endpoint-url'] };
  const bucket =
    options.bucket ??
    (await stackOutput(cloudFormationClient(aws), options.stack, 'ArtifactsBucket', '--bucket'));
  const pendingApprovals = approvalsIn(new Bucket(s3Client(aws, environment), bucket));
  const sfn = stepFunctionsClient(aws);

  return {
    /** The artifacts bucket, which has the reports too. */
    bucket,
    list: () => explained(`list the approvals in s3://${bucket}`, () => pendingApprovals.list()),

    /**
     * Sends an answer and removes the question.
     *
     * @throws GraftError when the question has been answered before or has expired
     */
    answer: (pending: PendingApproval, given: ApprovalAnswer): Promise<void> =>
      explained(`answer ${pending.execution}`, () => answerApproval(sfn, pendingApprovals, pending, given)),
  };
}

/**
 * Finds the approval that a domain and, if given, an execution waits for.
 *
 * @throws NotFoundError when none waits, UsageError when several do
 */
export function pendingFor(
  waiting: readonly PendingApproval[],
  domain: string,
  execution: string | undefined,
): PendingApproval {
  const found = waiting.filter(
    (pending) => pending.domain === domain && (execution === undefined || pending.execution === execution),
  );
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    throw new UsageError(
      `${found.length} promotions of "${domain}" wait for approval: ${found.map((pending) => pending.execution).join(', ')}`,
      'Say which one with --execution.',
    );
  }
  const which = execution === undefined ? '' : ` in execution ${execution}`;
  throw new NotFoundError(`No promotion of "${domain}" waits for approval${which}`, {
    hint: '`graft approvals` lists those that do.',
  });
}

/** @throws UsageError naming the option that is wrong */
export function approvalAnswer(answer: {
  approved: boolean;
  by: string;
  comment?: string | undefined;
}): ApprovalAnswer {
  const parsed = approvalAnswerSchema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const option = answer.approved ? '--comment' : '--reason';
  throw new UsageError(`${option} is "${answer.comment}": ${parsed.error.issues[0]!.message}`);
}
