import * as z from 'zod';
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

/** Characters. The summary shares the state's 262,144 bytes with the outcomes. */
const SUMMARY_LIMIT = 5_000;

/**
 * The clean-up stops after this time, and goes on after the next promotion. The function may run for 300 s.
 */
const CLEAN_UP_MS = 200_000;

type Input = z.output<typeof inputSchema>;

/**
 * Summarises a promotion when all its domains have ended, and removes the files that are no longer needed.
 */
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
      await tryToRemove({ domain }, () => cleanUpArtifacts(services, { domain, group, keep, now: now() }));
    }
    await tryToRemove({ model }, () => cleanUpGeneralModels(services, { model, keep, now: now() }));
  }

  /** A failure does not fail the promotion: the next clean-up finds the same files. */
  async function tryToRemove(of: Record<string, string>, remove: () => Promise<string[]>): Promise<void> {
    try {
      const removed = await remove();
      if (removed.length > 0) log.info('removed files without references', { ...of, removed });
    } catch (error) {
      log.warn('could not clean up', { ...of, error: error as Error });
    }
  }
}

/** How a promotion ended in each of its domains. */
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
