import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Manifest } from '#core/contracts/manifest.ts';
import { sha256 } from '#core/digest.ts';
import { IntegrityError } from '#core/errors.ts';
import { generalModelPrefix } from '#core/keys.ts';
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
  for (const file of manifest.files) await verifyFile(s3, bucket, manifest, file);
  return { manifest, manifestSha256: sha256(bytes) };
}

async function verifyFile(
  s3: S3Client,
  bucket: string,
  manifest: Manifest,
  file: Manifest['files'][number],
): Promise<void> {
  const key = `${generalModelPrefix(manifest.model, manifest.version)}${file.name}`;
  const hash = createHash('sha256');
  try {
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    for await (const chunk of object.Body as Readable) {
      hash.update(chunk as Buffer);
    }
  } catch (cause) {
    if (!isNoSuchObject(cause)) throw cause;
    throw new IntegrityError(`"${file.name}" stands in the manifest, but there is no s3://${bucket}/${key}`, {
      hint: pushAgain,
      cause,
    });
  }
  const digest = hash.digest('hex');
  if (digest !== file.sha256) {
    throw new IntegrityError(
      `"${file.name}" is not the signed file: SHA-256 ${digest}, its manifest says ${file.sha256}`,
      {
        hint: pushAgain,
      },
    );
  }
}
