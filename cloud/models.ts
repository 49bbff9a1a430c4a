import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type Manifest, manifestSchema } from '#core/contracts/manifest.ts';
import { sha256 } from '#core/digest.ts';
import { IntegrityError, NotFoundError } from '#core/errors.ts';
import { generalModelPrefix, manifestKey, signatureKey } from '#core/keys.ts';
import { parseJson } from '#core/parse.ts';
import { verifyBytes } from '#core/signature.ts';
import { findObject, isNoSuchObject, listObjects } from './objects.ts';

const pushAgain = 'Push the model again with `graft push`, as a new version.';

/**
 * Verifies a general model in S3: the signature over the manifest's bytes before anything in them is believed, the manifest's
 * form, that it belongs to this key, and size and SHA-256 of every file, read as a stream. Files beside the model that the manifest
 * does not name are refused too, since a training job would receive them unsigned.
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
  const key = manifestKey(model, version);
  const object = await findObject(s3, bucket, key);
  if (object === undefined) {
    throw new NotFoundError(`There is no model "${model}" in version ${version}: s3://${bucket}/${key}`, {
      hint: 'Compare with the versions that `aws s3 ls` shows, or push the model.',
    });
  }
  const signature = await findObject(s3, bucket, signatureKey(model, version));
  if (signature === undefined) {
    throw new IntegrityError(
      `The model is not signed: there is no s3://${bucket}/${signatureKey(model, version)}`,
      {
        hint: pushAgain,
      },
    );
  }
  verifyBytes(object.bytes, new TextDecoder().decode(signature.bytes), publicKeys);

  const manifest = parseJson(manifestSchema, new TextDecoder().decode(object.bytes), `s3://${bucket}/${key}`);
  for (const [field, said, found] of [
    ['model', manifest.model, model],
    ['version', manifest.version, version],
  ] as const) {
    if (said !== found) {
      throw new IntegrityError(`${field} in the manifest is "${said}", but its key says "${found}"`, {
        hint: pushAgain,
      });
    }
  }
  await refuseStrangers(s3, bucket, manifest);
  for (const file of manifest.files) await verifyFile(s3, bucket, manifest, file);
  return { manifest, manifestSha256: sha256(object.bytes) };
}

async function refuseStrangers(s3: S3Client, bucket: string, manifest: Manifest): Promise<void> {
  const prefix = generalModelPrefix(manifest.model, manifest.version);
  const known = new Set(['manifest.json', 'manifest.sig', ...manifest.files.map((file) => file.name)]);
  for await (const { key } of listObjects(s3, bucket, prefix)) {
    const name = key.slice(prefix.length);
    if (name !== '' && !known.has(name)) {
      throw new IntegrityError(`"${name}" lies beside the model, but its manifest does not name it`, {
        hint: `Remove s3://${bucket}/${key}.`,
      });
    }
  }
}

async function verifyFile(
  s3: S3Client,
  bucket: string,
  manifest: Manifest,
  file: Manifest['files'][number],
): Promise<void> {
  const key = `${generalModelPrefix(manifest.model, manifest.version)}${file.name}`;
  const hash = createHash('sha256');
  let size = 0;
  try {
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    for await (const chunk of object.Body as Readable) {
      hash.update(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
  } catch (cause) {
    if (!isNoSuchObject(cause)) throw cause;
    throw new IntegrityError(`"${file.name}" stands in the manifest, but there is no s3://${bucket}/${key}`, {
      hint: pushAgain,
      cause,
    });
  }
  if (size !== file.size) {
    throw new IntegrityError(`"${file.name}" has ${size} bytes, its manifest says ${file.size}`, {
      hint: pushAgain,
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
