import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Manifest } from '#core/contracts/manifest.ts';
import { type ContentDigest, sha256, sha256OfStream } from '#core/digest.ts';
import { IntegrityError } from '#core/errors.ts';
import { generalModelPrefix } from '#core/keys.ts';
import { verifyModelFiles } from '#core/model-files.ts';
import { isNoSuchObject } from '../aws/objects.ts';
import { pushAgain, verifyManifest } from './verify-manifest.ts';

/**
 * Verifies a general model in S3: its manifest, as `verifyManifest` does, and the SHA-256 of every file, read as a stream.
 *
 * @throws NotFoundError, IntegrityError, InvalidInputError naming what is wrong
 */
export async function verifyModel(
  s3: S3Client,
  bucket: string,
  model: string,
  version: string,
  publicKeys: readonly string[],
): Promise<{ manifest: Manifest; manifestSha256: string }> {
  const { manifest, bytes } = await verifyManifest(s3, bucket, model, version, publicKeys);
  const prefix = generalModelPrefix(model, version);
  await verifyModelFiles(manifest, {
    place: `s3://${bucket}/${prefix.slice(0, -1)}`,
    hint: pushAgain,
    digestOf: (name) => digestOf(s3, bucket, prefix + name),
  });
  return { manifest, manifestSha256: sha256(bytes) };
}

/** @throws IntegrityError when the file is missing */
async function digestOf(s3: S3Client, bucket: string, key: string): Promise<ContentDigest> {
  try {
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await sha256OfStream(object.Body as Readable);
  } catch (cause) {
    if (!isNoSuchObject(cause)) throw cause;
    throw new IntegrityError(`The manifest lists s3://${bucket}/${key}, which is missing`, {
      hint: pushAgain,
      cause,
    });
  }
}
