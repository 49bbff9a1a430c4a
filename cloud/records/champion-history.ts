import type { S3Client } from '@aws-sdk/client-s3';
import { type Champion, championSchema } from '#core/contracts/outcome.ts';
import type { RollbackInput } from '#core/contracts/promotion.ts';
import type { Rollback } from '#core/contracts/promotion-state.ts';
import { NotFoundError } from '#core/errors.ts';
import { championHistoryKey, championHistoryPrefix } from '#core/keys.ts';
import { chooseRollbackTarget } from '#core/rollback.ts';
import { findJson, listObjects, writeJson } from '../aws/objects.ts';
import { findChampion } from './champions.ts';

/** Adds a champion to what has ever been live in its domain. The same one twice is one entry. */
export async function recordChampion(
  s3: S3Client,
  artifactsBucket: string,
  champion: Champion,
): Promise<void> {
  const { domain, promotedAt, version } = champion;
  await writeJson(s3, artifactsBucket, championHistoryKey(domain, promotedAt, version), champion);
}

/**
 * What has ever been live in a domain, oldest first.
 *
 * @param newest how many of the newest are wanted; all of them by default
 */
export async function readChampionHistory(
  s3: S3Client,
  artifactsBucket: string,
  domain: string,
  newest = Number.POSITIVE_INFINITY,
): Promise<Champion[]> {
  const keys: string[] = [];
  // A key begins with the time of its promotion.
  for await (const { key } of listObjects(s3, artifactsBucket, championHistoryPrefix(domain))) keys.push(key);
  const history: Champion[] = [];
  for (const key of keys.slice(-newest)) {
    const found = await findJson(s3, artifactsBucket, key, championSchema);
    if (found !== undefined) history.push(found.value);
  }
  return history;
}

/**
 * From what to what somebody wants a domain rolled back.
 *
 * @throws NotFoundError naming the field, when nothing is live or nothing fits
 */
export async function findRollback(
  s3: S3Client,
  artifactsBucket: string,
  { domain, toVersion, by, reason }: RollbackInput['rollback'],
): Promise<Rollback> {
  const live = await findChampion(s3, artifactsBucket, domain);
  if (live === undefined) {
    throw new NotFoundError(
      `rollback.domain: nothing is live in "${domain}", so nothing can be rolled back`,
      {
        hint: 'Check the name of the domain, and that this is the deployment in which a model was promoted to it.',
      },
    );
  }
  const history = await readChampionHistory(s3, artifactsBucket, domain);
  const { version, execution, endpointConfig } = live.champion;
  return {
    from: { version, execution, endpointConfig, by, ...(reason === undefined ? {} : { reason }) },
    target: chooseRollbackTarget(live.champion, history, toVersion),
  };
}
