import type { S3Client } from '@aws-sdk/client-s3';
import { outcomeKey, promotionRecordKey, promotionRecordsPrefix } from '#core/keys.ts';
import { deleteObject, isPreconditionFailed, listObjects, objectExists, writeJson } from '../aws/objects.ts';

/** A promotion of a domain whose artefacts are still there. */
export interface RecordedPromotion {
  execution: string;
  /** Milliseconds since 1970. */
  began: number;
  ended: boolean;
}

/**
 * Remembers, before the first artefact, that a promotion has begun: the clean-up finds artefacts by domain, and below `promotions/`
 * they lie by execution.
 */
export async function recordPromotionBegun(
  s3: S3Client,
  artifactsBucket: string,
  { execution, domain }: { execution: string; domain: string },
): Promise<void> {
  const key = promotionRecordKey(domain, execution);
  try {
    await writeJson(s3, artifactsBucket, key, { schemaVersion: 1, execution }, { ifNoneMatch: '*' });
  } catch (error) {
    // On a retry. The time is that of the first attempt.
    if (!isPreconditionFailed(error)) throw error;
  }
}

/** The newest first. */
export async function listPromotions(
  s3: S3Client,
  artifactsBucket: string,
  domain: string,
): Promise<RecordedPromotion[]> {
  const prefix = promotionRecordsPrefix(domain);
  const promotions: RecordedPromotion[] = [];
  for await (const { key, modified } of listObjects(s3, artifactsBucket, prefix)) {
    const execution = key.slice(prefix.length, -'.json'.length);
    const ended = await objectExists(s3, artifactsBucket, outcomeKey(execution, domain));
    promotions.push({ execution, began: modified, ended });
  }
  return promotions.sort((a, b) => b.began - a.began);
}

export async function forgetPromotion(
  s3: S3Client,
  artifactsBucket: string,
  { execution, domain }: { execution: string; domain: string },
): Promise<void> {
  await deleteObject(s3, artifactsBucket, promotionRecordKey(domain, execution));
}
