import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { checkpointsPrefix, evaluationKey, goldenImagesPrefix, trainingOutputPrefix } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';
import { log } from '../aws/log.ts';
import type { RecordedPromotion } from '../records/promotion-records.ts';
import type { PromotionStore } from '../records/promotion-store.ts';
import { type RegisteredModel, registeredModels, retireModel } from '../registry/model-packages.ts';

/** An execution may run for seven days (`TimeoutSeconds` of `promote-model`); one that has no outcome after eight never gets one. */
export const LONGEST_EXECUTION_MS = 8 * 24 * 3_600_000;

export interface ArtifactsRequest {
  domain: string;
  /** The domain's group in the model registry. */
  group: string;
  /** Promotions of the domain that keep everything, the newest. */
  keep: number;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * Removes what the training jobs of a domain's older promotions have written, beyond the newest `keep` that have ended, as long as nothing
 * refers to it: not the champion, not a configuration that the clean-up of configurations has kept (so that whatever can be rolled back
 * to is whole), not the model registry. While another promotion of the domain runs nothing is removed at all, since it may have been
 * given any of it.
 *
 * Small records stay for ever: outcome, decision, evaluations, reports.
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
    let stays = 0;
    for (const key of await artifactsOf(store.bucket, execution, domain)) {
      if (inUse.has(key) || !(await letGo(sagemaker, approved.get(key)))) {
        stays += 1;
        continue;
      }
      await store.bucket.delete(key);
      removed.push(key);
    }
    // A model that can be put back is confirmed on the golden images that were kept with it.
    for (const key of stays > 0 ? [] : await goldenImagesOf(store.bucket, execution, domain)) {
      await store.bucket.delete(key);
      removed.push(key);
    }
    // Last: what a failure leaves, or somebody still refers to, is looked at again next time.
    if (stays === 0) await store.promotions.remove({ execution, domain });
  }
  return removed;
}

/** Undefined when a record does not say what it refers to: then nobody knows what may go. */
async function keysInUse(store: PromotionStore, domain: string): Promise<Set<string> | undefined> {
  const configurations = await store.configurations.list(domain);
  const live = await store.champions.find(domain);
  const keys = new Set(live === undefined ? [] : [live.champion.modelKey]);
  for (const { endpointConfig, modelKey } of configurations) {
    if (modelKey === undefined) {
      log.warn('keeps all artifacts: a configuration does not say which archive it serves', {
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
  // S3 lists by key, so the record that names them comes first, and none is ever named that is not there.
  return keysBelow(bucket, goldenImagesPrefix(evaluationKey(execution, domain, 'transfer')));
}

async function keysBelow(bucket: Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list(prefix)) keys.push(key);
  return keys;
}

/** Versions in the registry that may be deployed from there, by the key of their archive. Rejected ones refer to nothing that anybody needs. */
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
 * Versions that Graft approved when it deployed them, and that nobody can roll back to any more, are retired before their archive goes, so
 * that the registry never offers what is not there. One that a person has spoken about stays, with its archive.
 */
async function letGo(sagemaker: SageMakerClient, registered: RegisteredModel[] = []): Promise<boolean> {
  if (registered.some(({ approval, reviewed }) => approval !== 'Approved' || reviewed)) return false;
  for (const { arn } of registered) await retireModel(sagemaker, arn);
  return true;
}
