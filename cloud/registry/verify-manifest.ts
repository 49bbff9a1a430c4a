import { type Manifest, manifestSchema } from '#core/contracts/manifest.ts';
import { IntegrityError, InvalidInputError, NotFoundError } from '#core/errors.ts';
import { generalModelPrefix, manifestKey, signatureKey } from '#core/keys.ts';
import { parseJson } from '#core/parse.ts';
import { type SigningTrust, verifyTrusted } from '#core/signing-trust.ts';
import { isFromTheFuture } from '#core/versions.ts';
import type { Bucket } from '../aws/bucket.ts';

export const pushAgain = 'Push the model again with `graft push`, as a new version.';

/** One version of a general model. */
export interface ModelVersion {
  model: string;
  version: string;
}

/** A verified manifest. */
export interface VerifiedManifest {
  manifest: Manifest;
  bytes: Uint8Array;
  /** When it arrived, milliseconds since 1970. */
  committed: number;
}

/**
 * Verifies a general model in S3, except for the content of its files:
 * - the signature over the manifest's bytes, by a key that is trusted now and not revoked, before anything
 *   in them is used,
 * - the manifest's form, and that it belongs to this key,
 * - that its version was in the past when it arrived,
 * - that its files exist in their sizes, and no others: a training job would receive those unsigned.
 *
 * @throws NotFoundError, IntegrityError, InvalidInputError naming what is wrong
 */
export async function verifyManifest(
  models: Bucket,
  { model, version }: ModelVersion,
  trust: SigningTrust,
): Promise<VerifiedManifest> {
  const key = manifestKey(model, version);
  const object = await models.find(key);
  if (object === undefined) {
    throw new NotFoundError(`There is no model "${model}" in version ${version}: ${models.uri(key)}`, {
      hint: 'Compare with the versions that `aws s3 ls` shows, or push the model.',
    });
  }
  const { bytes, modified: committed } = object;
  const signature = await models.find(signatureKey(model, version));
  if (signature === undefined) {
    throw new IntegrityError(
      `The model is not signed: there is no ${models.uri(signatureKey(model, version))}`,
      { hint: pushAgain },
    );
  }
  verifyTrusted(bytes, new TextDecoder().decode(signature.bytes), trust);

  const manifest = parseJson(manifestSchema, new TextDecoder().decode(bytes), models.uri(key));
  for (const [field, stated, expected] of [
    ['model', manifest.model, model],
    ['version', manifest.version, version],
  ] as const) {
    if (stated !== expected) {
      throw new IntegrityError(`${field} in the manifest is "${stated}", but its key says "${expected}"`, {
        hint: pushAgain,
      });
    }
  }
  if (isFromTheFuture(version, committed)) {
    throw new InvalidInputError(
      `Version ${version} lies after ${new Date(committed).toISOString()}, when S3 received it: the clock of the machine that trained it is fast, and every later model would be taken for an older one`,
      { hint: 'Correct that clock, and push the model as a new version with `graft push --redate`.' },
    );
  }
  await verifyListing(models, manifest);
  return { manifest, bytes, committed };
}

async function verifyListing(models: Bucket, manifest: Manifest): Promise<void> {
  const prefix = generalModelPrefix(manifest.model, manifest.version);
  const missing = new Map(manifest.files.map(({ name, size }) => [name, size]));
  for await (const { key, size } of models.list(prefix)) {
    const name = key.slice(prefix.length);
    if (['', 'manifest.json', 'manifest.sig'].includes(name)) continue;
    const expected = missing.get(name);
    if (expected === undefined) {
      throw new IntegrityError(`"${name}" lies beside the model, but its manifest does not name it`, {
        hint: `Remove ${models.uri(key)}.`,
      });
    }
    if (size !== expected) {
      throw new IntegrityError(`"${name}" has ${size} bytes, its manifest says ${expected}`, {
        hint: pushAgain,
      });
    }
    missing.delete(name);
  }
  const [name] = missing.keys();
  if (name === undefined) return;
  throw new IntegrityError(`The manifest lists ${models.uri(prefix + name)}, which is missing`, {
    hint: pushAgain,
  });
}
