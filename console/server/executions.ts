import { type DescribeExecutionOutput, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { findExecution, inputOf } from '#cloud/promotions/executions.ts';
import { mapBounded } from '#core/bounded.ts';
import type { OutcomeName } from '#core/contracts/outcome.ts';
import type { PromotionInput, RollbackInput } from '#core/contracts/promotion.ts';
import { type PromotionSummary, promotionSummarySchema } from '#core/contracts/promotion-state.ts';
import { NotFoundError } from '#core/errors.ts';
import { executionArnOf } from '#core/names.ts';
import { shorten } from '#core/shorten.ts';
import type { Rows } from '../contracts/domains.ts';
import type { ExecutionRow, ExecutionStatus, PromotionKind } from '../contracts/promotions.ts';
import type { ConsoleServices } from './services.ts';

/** Executions on one page. */
const EXECUTIONS_PER_PAGE = 25;
const AT_ONCE = 12;
/** Characters of a sentence in a list. */
const SUMMARY_LENGTH = 300;

/**
 * One page of the executions, the newest first.
 *
 * @param status only those of this status
 */
export async function executionRows(
  services: ConsoleServices,
  status: ExecutionStatus | undefined,
  page: string | undefined,
): Promise<Rows<ExecutionRow>> {
  const { executions = [], nextToken } = await services.sfn.send(
    new ListExecutionsCommand({
      stateMachineArn: services.stateMachineArn,
      maxResults: EXECUTIONS_PER_PAGE,
      ...(status === undefined ? {} : { statusFilter: status }),
      ...(page === undefined ? {} : { nextToken: page }),
    }),
  );
  const rows = await mapBounded(executions, AT_ONCE, async ({ name }) =>
    executionRow(await describeExecution(services, name!)),
  );
  return { rows, ...(nextToken === undefined ? {} : { next: nextToken }) };
}

/** @throws NotFoundError */
export async function describeExecution(
  { sfn, stateMachineArn }: Pick<ConsoleServices, 'sfn' | 'stateMachineArn'>,
  execution: string,
): Promise<DescribeExecutionOutput> {
  const described = await findExecution(sfn, executionArnOf(stateMachineArn, execution));
  if (described !== undefined) return described;
  throw new NotFoundError(`There is no execution "${execution}"`, {
    hint: 'Step Functions keeps executions for 90 days. What a promotion wrote stays in S3.',
  });
}

export function executionRow(described: DescribeExecutionOutput): ExecutionRow {
  const { name, status, startDate, stopDate, error, cause } = described;
  const input = inputOf(described);
  const summary = summaryOf(described);
  const sentence = summary?.summary ?? cause ?? error;
  return {
    execution: name!,
    status: (status === 'PENDING_REDRIVE' ? 'RUNNING' : status) as ExecutionStatus,
    startedAt: startDate!.toISOString(),
    ...(stopDate === undefined ? {} : { endedAt: stopDate.toISOString() }),
    ...(input === undefined ? {} : askedFor(input)),
    ...(summary === undefined ? {} : { outcomes: counted(summary) }),
    ...(sentence === undefined ? {} : { summary: shorten(sentence, SUMMARY_LENGTH) }),
  };
}

/** What an execution that succeeded says of its domains. */
export function summaryOf({ output }: DescribeExecutionOutput): PromotionSummary | undefined {
  return output === undefined ? undefined : promotionSummarySchema.safeParse(JSON.parse(output)).data;
}

function askedFor(
  input: PromotionInput | RollbackInput,
): Pick<ExecutionRow, 'kind' | 'model' | 'version' | 'domains'> {
  if ('rollback' in input) return { kind: 'rollback', domains: [input.rollback.domain] };
  const { model, version, domains, force, gateOnly } = input;
  const kind: PromotionKind = force ? 'forced' : gateOnly ? 'gate-only' : 'promotion';
  return { kind, model, version, ...(domains === undefined ? {} : { domains }) };
}

function counted({ outcomes }: PromotionSummary): Partial<Record<OutcomeName, number>> {
  const counts: Partial<Record<OutcomeName, number>> = {};
  for (const { outcome } of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
