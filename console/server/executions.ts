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
import { remember } from './remember.ts';
import type { ConsoleServices } from './services.ts';

/** Executions on one page. */
const EXECUTIONS_PER_PAGE = 25;
const AT_ONCE = 12;
/** Characters of a sentence in a list. */
const SUMMARY_LENGTH = 300;
/** Executions that are remembered. */
const REMEMBERED = 500;

/** An execution as lists show it, and what became of its domains where it has succeeded. */
export interface ListedExecution {
  row: ExecutionRow;
  outcomes?: PromotionSummary['outcomes'];
}

interface Listing {
  status?: ExecutionStatus | undefined;
  /** As the page before said. */
  page?: string | undefined;
  size?: number;
}

export type ReadExecutions = (listing: Listing) => Promise<Rows<ListedExecution>>;

/**
 * Reads pages of executions, the newest first. What an execution was asked for never changes, and what came
 * of it not until its status does. So each is described once, and looking again costs one request.
 */
export function executionReader(services: Pick<ConsoleServices, 'sfn' | 'stateMachineArn'>): ReadExecutions {
  const remembered = remember<ListedExecution>(REMEMBERED);
  return async ({ status, page, size = EXECUTIONS_PER_PAGE }) => {
    const { executions = [], nextToken } = await services.sfn.send(
      new ListExecutionsCommand({
        stateMachineArn: services.stateMachineArn,
        maxResults: size,
        ...(status === undefined ? {} : { statusFilter: status }),
        ...(page === undefined ? {} : { nextToken: page }),
      }),
    );
    const rows = await mapBounded(executions, AT_ONCE, async ({ name, status, stopDate }) => {
      const find = async () => listed(await describeExecution(services, name!));
      return (await remembered(`${name} ${status} ${stopDate?.getTime()}`, find))!;
    });
    return { rows, ...(nextToken === undefined ? {} : { next: nextToken }) };
  };
}

function listed(described: DescribeExecutionOutput): ListedExecution {
  const outcomes = summaryOf(described)?.outcomes;
  return { row: executionRow(described), ...(outcomes === undefined ? {} : { outcomes }) };
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
function summaryOf({ output }: DescribeExecutionOutput): PromotionSummary | undefined {
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
