import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { checkpointsPrefix, evaluationKey, goldenImagesPrefix, trainingOutputPrefix } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';
import { log } from '../aws/log.ts';
import type { RecordedPromotion } from '../records/promotion-records.ts';
import type { PromotionStore } from '../records/promotion-store.ts';
import { type RegisteredModel, registeredModels, retireModel } from '../registry/model-packages.ts';

/**
 * An execution may run for seven days (`TimeoutSeconds` of `promote-model`). One without an outcome after
 * eight days never gets one.
 */
export const LONGEST_EXECUTION_MS = 8 * 24 * 3_600_000;

export interface ArtifactsRequest {
  domain: string;
  /** The domain's group in the model registry. */
  group: string;
  /** How many of the domain's newest promotions keep all their files. */
  keep: number;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * Removes what the training jobs of a domain's older promotions have written. The newest `keep` promotions
 * that have ended keep their files. So does everything that is still referred to: by the champion, by a
 * configuration that the clean-up of configurations has kept (a rollback needs it), or by the model registry.
 * While another promotion of the domain runs, nothing is removed, since it may use any of these files.
 *
 * Small records stay forever: outcome, gate decision, evaluations, reports.
 *
 * @returns the removed keys
 */
export async function cleanUpArtifacts(
  { store, sagemaker }: { store: PromotionStore; sagemaker: SageMakerClient },
  { domain, group, keep, now }: ArtifactsRequest,
): Promise<string[]> {
  const promotions = await store.promotions.list(domain);
  const isOver = ({ ended, began }: RecordedPromotion) => ended || now - began > LONGEST_EXECUTION_MS;
  const surplus = promotions.slice(keep);
  if (surplus.length === 0 || !promotions.every(isOver)) return [];
  const inUse = await keysInUse(store, domain);
  if (inUse === undefined) return [];
  const approved = await approvedArchives(sagemaker, store.bucket, group);

  const removed: string[] = [];
  for (const { execution } of surplus) {
    let kept = 0;
    for (const key of await artifactsOf(store.bucket, execution, domain)) {
      if (inUse.has(key) || !(await tryToRetire(sagemaker, approved.get(key)))) {
        kept += 1;
        continue;
      }
      await store.bucket.delete(key);
      removed.push(key);
    }
    // A rollback confirms the model with the golden images that were kept with it.
    for (const key of kept > 0 ? [] : await goldenImagesOf(store.bucket, execution, domain)) {
      await store.bucket.delete(key);
      removed.push(key);
    }
    // Last: the next clean-up looks again at files that a failure left, or that something still refers to.
    if (kept === 0) await store.promotions.remove({ execution, domain });
  }
  return removed;
}

/** Undefined when a record does not say which archive it refers to: any of them may be in use. */
async function keysInUse(store: PromotionStore, domain: string): Promise<Set<string> | undefined> {
  const configurations = await store.configurations.list(domain);
  const live = await store.champions.find(domain);
  const keys = new Set(live === undefined ? [] : [live.champion.modelKey]);
  for (const { endpointConfig, modelKey } of configurations) {
    if (modelKey === undefined) {
      log.warn('all artifacts are kept: the record of a configuration does not name its archive', {
        endpointConfig,
      });
      return undefined;
    }
    keys.add(modelKey);
  }
  return keys;
}

async function artifactsOf(bucket: Bucket, execution: string, domain: string): Promise<string[]> {
  const prefixes = [trainingOutputPrefix(execution, domain), checkpointsPrefix(execution, domain)];
  return (await Promise.all(prefixes.map((prefix) => keysBelow(bucket, prefix)))).flat();
}

async function goldenImagesOf(bucket: Bucket, execution: string, domain: string): Promise<string[]> {
  // S3 lists by key, so the record that names the images is deleted first and never names a missing image.
  return keysBelow(bucket, goldenImagesPrefix(evaluationKey(execution, domain, 'transfer')));
}

async function keysBelow(bucket: Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list(prefix)) keys.push(key);
  return keys;
}

/**
 * Versions in the registry that a person may deploy from there, by the key of their archive; rejected ones
 * are left out.
 */
async function approvedArchives(
  sagemaker: SageMakerClient,
  artifacts: Bucket,
  group: string,
): Promise<Map<string, RegisteredModel[]>> {
  const root = artifacts.uri('');
  const archives = new Map<string, RegisteredModel[]>();
  for (const approval of ['Approved', 'PendingManualApproval'] as const) {
    for await (const found of registeredModels(sagemaker, group, approval)) {
      const key = found.modelData.startsWith(root) ? found.modelData.slice(root.length) : found.modelData;
      archives.set(key, [...(archives.get(key) ?? []), found]);
    }
  }
  return archives;
}

/**
 * Retires the versions that Graft approved when it deployed them, before their archive is removed. The
 * registry then never offers a model without an archive.
 *
 * @returns false when a person has decided about one of these versions: it stays, with its archive
 */
async function tryToRetire(sagemaker: SageMakerClient, registered: RegisteredModel[] = []): Promise<boolean> {
  if (registered.some(({ approval, reviewed }) => approval !== 'Approved' || reviewed)) return false;
  for (const { arn } of registered) await retireModel(sagemaker, arn);
  return true;
}
