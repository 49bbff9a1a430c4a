import type { Manifest } from '#core/contracts/manifest.ts';
import { type ContentDigest, sha256, sha256OfStream } from '#core/digest.ts';
import { IntegrityError } from '#core/errors.ts';
import { generalModelPrefix } from '#core/keys.ts';
import { verifyModelFiles } from '#core/model-files.ts';
import type { SigningTrust } from '#core/signing-trust.ts';
import { type Bucket, isNoSuchObject } from '../aws/bucket.ts';
import { type ModelVersion, pushAgain, verifyManifest } from './verify-manifest.ts';

/**
 * Verifies a general model in S3: its manifest, as `verifyManifest` does, and the SHA-256 of every file, read
 * as a stream.
 *
 * @throws NotFoundError, IntegrityError, InvalidInputError naming what is wrong
 */
export async function verifyModel(
  models: Bucket,
  { model, version }: ModelVersion,
  trust: SigningTrust,
): Promise<{ manifest: Manifest; manifestSha256: string }> {
  const { manifest, bytes } = await verifyManifest(models, { model, version }, trust);
  const prefix = generalModelPrefix(model, version);
  await verifyModelFiles(manifest, {
    place: models.uri(prefix.slice(0, -1)),
    hint: pushAgain,
    digestOf: (name) => digestOf(models, prefix + name),
  });
  return { manifest, manifestSha256: sha256(bytes) };
}

/** @throws IntegrityError when the file is missing */
async function digestOf(models: Bucket, key: string): Promise<ContentDigest> {
  try {
    return await sha256OfStream(await models.stream(key));
  } catch (cause) {
    if (!isNoSuchObject(cause)) throw cause;
    throw new IntegrityError(`The manifest lists ${models.uri(key)}, which is missing`, {
      hint: pushAgain,
      cause,
    });
  }
}
