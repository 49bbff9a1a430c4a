import type { S3Client } from '@aws-sdk/client-s3';
import { versionSchema } from '#core/contracts/common.ts';
import { generalModelPrefix, manifestKey, signatureKey } from '#core/keys.ts';
import { deleteObject, listFolders, listObjects } from '../aws/objects.ts';
import { findChampion } from '../records/champions.ts';
import { modifiedAt } from '../registry/newest-model.ts';
import { LONGEST_EXECUTION_MS } from './artifacts.ts';

/**
 * Removes the files of a general model's versions beyond the newest `keep`, except manifests and signatures, by which what was made
 * of them can still be traced. A version stays whole while it is some domain's champion, and as long as an execution that began when it
 * arrived may run.
 *
 * @param now milliseconds since 1970
 * @returns the removed keys
 */
export async function cleanUpGeneralModels(
  s3: S3Client,
  { modelsBucket, artifactsBucket }: { modelsBucket: string; artifactsBucket: string },
  { model, keep, now }: { model: string; keep: number; now: number },
): Promise<string[]> {
  const versions = (await listFolders(s3, modelsBucket, `general/${model}/`))
    .filter((version) => versionSchema.safeParse(version).success)
    .sort()
    .reverse();
  const removable: string[] = [];
  for (const version of versions.slice(keep)) {
    const committed = await modifiedAt(s3, modelsBucket, manifestKey(model, version));
    // An upload that has not been committed may still be going on.
    if (committed === undefined || now - committed < LONGEST_EXECUTION_MS) continue;
    const records = [manifestKey(model, version), signatureKey(model, version)];
    for await (const { key } of listObjects(s3, modelsBucket, generalModelPrefix(model, version))) {
      if (!records.includes(key)) removable.push(key);
    }
  }
  if (removable.length === 0) return [];
  const live = await liveVersions(s3, artifactsBucket, model);
  const removed = removable.filter(
    (key) => !live.some((version) => key.startsWith(generalModelPrefix(model, version))),
  );
  for (const key of removed) await deleteObject(s3, modelsBucket, key);
  return removed;
}

async function liveVersions(s3: S3Client, artifactsBucket: string, model: string): Promise<string[]> {
  const versions: string[] = [];
  for (const domain of await listFolders(s3, artifactsBucket, 'domains/')) {
    const live = await findChampion(s3, artifactsBucket, domain);
    if (live?.champion.model === model) versions.push(live.champion.version);
  }
  return versions;
}
