import type { S3Client } from '@aws-sdk/client-s3';
import { nameSchema, versionSchema } from '#core/contracts/common.ts';
import { GraftError, NotFoundError } from '#core/errors.ts';
import { listFolders, listObjects } from '../aws/objects.ts';
import { verifyManifest } from './verify-manifest.ts';

export interface GeneralModel {
  model: string;
  version: string;
  /** When its manifest arrived, milliseconds since 1970. */
  committed: number;
}

/**
 * The committed general model with the greatest version that can be verified, but for the content of its files, whichever model's it is:
 * versions begin with the time of training. Folders without a manifest are uploads that have not ended, and are passed over.
 *
 * @param publicKeys of the agents whose models are accepted
 * @param onRefused hears of the newer ones that are passed over, and why
 * @returns undefined while there is none
 */
export async function findNewestModel(
  s3: S3Client,
  bucket: string,
  publicKeys: readonly string[],
  onRefused: (refused: { model: string; version: string; reason: string }) => void,
): Promise<GeneralModel | undefined> {
  const candidates: { model: string; version: string }[] = [];
  for (const model of await listFolders(s3, bucket, 'general/')) {
    if (!nameSchema.safeParse(model).success) continue;
    for (const version of await listFolders(s3, bucket, `general/${model}/`)) {
      if (versionSchema.safeParse(version).success) candidates.push({ model, version });
    }
  }
  // The model's name decides between equals, so that the same bucket always gives the same answer.
  const age = ({ model, version }: { model: string; version: string }) => `${version} ${model}`;
  candidates.sort((one, other) => (age(one) < age(other) ? 1 : -1));
  for (const { model, version } of candidates) {
    try {
      const { committed } = await verifyManifest(s3, bucket, model, version, publicKeys);
      return { model, version, committed };
    } catch (error) {
      if (!(error instanceof GraftError)) throw error;
      if (!(error instanceof NotFoundError)) onRefused({ model, version, reason: error.message });
    }
  }
  return undefined;
}

/** When an object was last written (milliseconds since 1970, as precisely as S3 tells); undefined when there is none. */
export async function modifiedAt(s3: S3Client, bucket: string, key: string): Promise<number | undefined> {
  for await (const found of listObjects(s3, bucket, key)) {
    if (found.key === key) return found.modified;
    // Keys come in order, and the key itself is the first that begins with it.
    return undefined;
  }
  return undefined;
}
