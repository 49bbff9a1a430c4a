import { InvalidToken, ListExecutionsCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type * as z from 'zod';
import type { Bucket } from '#cloud/aws/bucket.ts';
import { findExecution, inputOf } from '#cloud/promotions/executions.ts';
import { outcomesIn } from '#cloud/records/outcomes.ts';
import type { PromotionAnswer, PromotionItem, promotionQuerySchema } from '#core/api/promotions.ts';
import { promotionsPrefix } from '#core/keys.ts';
import { executionArnOf } from '#core/names.ts';
import { type Caller, includes } from './access.ts';
import { pageToken, readPageToken, wrongToken } from './page-token.ts';

/** A page of all promotions, the newest first, as Step Functions remembers them: for 90 days. */
export async function listPromotions(
  sfn: SFNClient,
  stateMachineArn: string,
  { limit, next, status }: z.output<typeof promotionQuerySchema>,
) {
  const after = readPageToken(next);
  try {
    const { executions = [], nextToken } = await sfn.send(
      new ListExecutionsCommand({
        stateMachineArn,
        maxResults: limit,
        ...(after === undefined ? {} : { nextToken: after }),
        ...(status === undefined ? {} : { statusFilter: status }),
      }),
    );
    return {
      items: executions.map(itemOf),
      ...(nextToken === undefined ? {} : { next: pageToken(nextToken) }),
    };
  } catch (error) {
    if (error instanceof InvalidToken) throw wrongToken();
    throw error;
  }
}

interface Sources {
  sfn: SFNClient;
  artifacts: Bucket;
  stateMachineArn: string;
}

/**
 * One promotion with what became of the caller's domains.
 *
 * @returns undefined where there is none, and where it concerns none of the caller's domains
 */
export async function readPromotion(
  { sfn, artifacts, stateMachineArn }: Sources,
  id: string,
  caller: Pick<Caller, 'domains'>,
): Promise<PromotionAnswer | undefined> {
  const execution = await findExecution(sfn, executionArnOf(stateMachineArn, id));
  if (execution === undefined) return undefined;
  // A person may have started it with anything: then it has failed, and concerns no domain.
  const input = inputOf(execution);
  const promotion = input !== undefined && 'model' in input ? input : undefined;
  const rollback = input !== undefined && 'rollback' in input ? input.rollback : undefined;
  const named = rollback === undefined ? (promotion?.domains ?? []) : [rollback.domain];
  const begun = await artifacts.folders(promotionsPrefix(id));
  const domains = [...new Set([...named, ...begun])].filter((domain) => includes(caller, domain)).sort();
  if (domains.length === 0 && caller.domains !== '*') return undefined;
  const outcomes = await Promise.all(
    domains.map((domain) => outcomesIn(artifacts).find({ execution: id, domain })),
  );
  return {
    ...itemOf(execution),
    ...(promotion === undefined ? {} : { model: promotion.model, version: promotion.version }),
    rollback: rollback !== undefined,
    domains: domains.map((domain, at) => {
      const found = outcomes[at];
      if (found === undefined) return { domain, outcome: null };
      const { outcome, reason, baselineAccuracy, transferAccuracy, finishedAt } = found;
      return {
        ...{ domain, outcome, reason, finishedAt },
        ...(baselineAccuracy === undefined ? {} : { baselineAccuracy }),
        ...(transferAccuracy === undefined ? {} : { transferAccuracy }),
      };
    }),
  };
}

interface Execution {
  name?: string | undefined;
  status?: string | undefined;
  startDate?: Date | undefined;
  stopDate?: Date | undefined;
}

function itemOf({ name, status, startDate, stopDate }: Execution): PromotionItem {
  return {
    id: name!,
    status: status as PromotionItem['status'],
    startedAt: startDate!.toISOString(),
    ...(stopDate === undefined ? {} : { endedAt: stopDate.toISOString() }),
  };
}
