import { z } from 'zod';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client, sageMakerClient } from '#cloud/aws/clients.ts';
import { log } from '#cloud/aws/log.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { cleanUpArtifacts } from '#cloud/clean-up/artifacts.ts';
import { cleanUpGeneralModels } from '#cloud/clean-up/general-models.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { domainOutcomeSchema, type PromotionSummary } from '#core/contracts/promotion-state.ts';
import { modelPackageGroupName } from '#core/names.ts';
import { shorten } from '#core/shorten.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

const inputSchema = z.strictObject({
  model: z.string(),
  version: z.string(),
  outcomes: z.array(domainOutcomeSchema),
});

/** It shares the state's 262,144 bytes with the outcomes, and nobody reads more. */
const SUMMARY_LIMIT = 5_000;

/** Removing stops then, and goes on after the next promotion: the function itself may take 300 s. */
const CLEAN_UP_MS = 200_000;

type Input = z.output<typeof inputSchema>;

/** Sums a promotion up over its domains, when all of them have ended, and removes what nobody needs any more. */
export function createFinishPromotion(
  services: Services<'store' | 'models' | 'sagemaker' | 'now', 'endpointPrefix' | 'keptPromotions'>,
) {
  const { now, settings } = services;
  const keep = settings.keptPromotions;

  return async function finishPromotion(input: Input): Promise<PromotionSummary> {
    await cleanUp(input);
    return summarise(input);
  };

  async function cleanUp({ model, outcomes }: Input): Promise<void> {
    const began = now();
    for (const { domain } of outcomes) {
      if (now() - began > CLEAN_UP_MS) return;
      const group = modelPackageGroupName(settings.endpointPrefix, domain);
      await attempt({ domain }, () => cleanUpArtifacts(services, { domain, group, keep, now: now() }));
    }
    await attempt({ model }, () => cleanUpGeneralModels(services, { model, keep, now: now() }));
  }

  /** What is not removed costs little and is found again next time: no reason to fail a promotion. */
  async function attempt(of: Record<string, string>, remove: () => Promise<string[]>): Promise<void> {
    try {
      const removed = await remove();
      if (removed.length > 0) log.info('removed files that nothing refers to', { ...of, removed });
    } catch (error) {
      log.warn('could not clean up', { ...of, error: error as Error });
    }
  }
}

/** What became of a promotion, over its domains. */
export function summarise(input: Input): PromotionSummary {
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
    summary: shorten([head, ...reasons].join('\n'), SUMMARY_LIMIT),
  };
}

export const handler = lambda('FinishPromotion', inputSchema, () => {
  const settings = readSettings('modelsBucket', 'artifactsBucket', 'endpointPrefix', 'keptPromotions');
  const s3 = s3Client();
  return createFinishPromotion({
    store: promotionStore(s3, settings.artifactsBucket),
    models: new Bucket(s3, settings.modelsBucket),
    sagemaker: sageMakerClient(),
    now: Date.now,
    settings,
  });
});
