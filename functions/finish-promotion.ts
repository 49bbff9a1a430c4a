import { z } from 'zod';
import { domainOutcomeSchema, type PromotionSummary } from '#core/contracts/promotion-state.ts';
import { lambda } from './middleware/lambda.ts';

const inputSchema = z.strictObject({
  model: z.string(),
  version: z.string(),
  outcomes: z.array(domainOutcomeSchema),
});

/** It shares the state's 262,144 bytes with the outcomes, and nobody reads more. */
const SUMMARY_LIMIT = 5_000;

/** Sums a promotion up over its domains. */
export async function finishPromotion(input: z.output<typeof inputSchema>): Promise<PromotionSummary> {
  const { model, version, outcomes } = input;
  const counts = new Map<string, number>();
  for (const { outcome } of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const failed = outcomes.filter(({ outcome }) => outcome === 'FAILED');
  const counted = [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
  const head = `${outcomes.length} ${outcomes.length === 1 ? 'domain' : 'domains'}: ${counted || 'nothing to promote to'}`;
  const reasons = failed.map(({ domain, reason }) => `${domain}: ${reason}`);
  return {
    model,
    version,
    outcomes,
    failed: failed.map(({ domain }) => domain),
    summary: [head, ...reasons].join('\n').slice(0, SUMMARY_LIMIT),
  };
}

export const handler = lambda('FinishPromotion', inputSchema, () => finishPromotion);
