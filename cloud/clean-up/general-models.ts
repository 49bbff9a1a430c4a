import { versionSchema } from '#core/contracts/common.ts';
import { generalModelPrefix, manifestKey, signatureKey } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';
import type { PromotionStore } from '../records/promotion-store.ts';
import { LONGEST_EXECUTION_MS } from './artifacts.ts';

/**
 * Removes the files of a general model's versions, except those of the newest `keep`. Manifests and
 * signatures stay: the lineage of served models refers to them. A version keeps its files while a champion
 * comes from it, and while an execution that began when it arrived may still run.
 *
 * @param now milliseconds since 1970
 * @returns the removed keys
 */
export async function cleanUpGeneralModels(
  { models, store }: { models: Bucket; store: PromotionStore },
  { model, keep, now }: { model: string; keep: number; now: number },
): Promise<string[]> {
  const versions = (await models.folders(`general/${model}/`))
    .filter((version) => versionSchema.safeParse(version).success)
    .sort()
    .reverse();
  const removable: string[] = [];
  for (const version of versions.slice(keep)) {
    const committed = await models.modifiedAt(manifestKey(model, version));
    // Without a manifest, the upload may not have ended.
    if (committed === undefined || now - committed < LONGEST_EXECUTION_MS) continue;
    const records = [manifestKey(model, version), signatureKey(model, version)];
    for await (const { key } of models.list(generalModelPrefix(model, version))) {
      if (!records.includes(key)) removable.push(key);
    }
  }
  if (removable.length === 0) return [];
  const live = await liveVersions(store, model);
  const removed = removable.filter(
    (key) => !live.some((version) => key.startsWith(generalModelPrefix(model, version))),
  );
  for (const key of removed) await models.delete(key);
  return removed;
}

async function liveVersions(store: PromotionStore, model: string): Promise<string[]> {
  const versions: string[] = [];
  for (const domain of await store.bucket.folders('domains/')) {
    const live = await store.champions.find(domain);
    if (live?.champion.model === model) versions.push(live.champion.version);
  }
  return versions;
}
