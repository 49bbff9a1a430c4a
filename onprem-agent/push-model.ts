import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { generalModelPrefix, manifestKey, signatureKey } from '#core/keys.ts';
import { s3ChecksumOf } from './aws/checksum.ts';
import { type Put, putBytes, putFile, standingOf } from './aws/objects.ts';
import { versionExists } from './errors.ts';
import type { ModelFolder } from './model-folder.ts';

export interface Pushed {
  uri: string;
  /** By file name, in the order of the upload. */
  files: Record<string, Put>;
  /** False when the very same version had been pushed completely before. */
  committed: boolean;
}

/**
 * Uploads a general model: its files, `manifest.sig`, and `manifest.json` last, whose arrival commits the version. Interrupted
 * anywhere, nothing is promoted; run again, it goes on with what is missing. A committed version is never touched.
 *
 * @param onBytes gets the bytes of all files that have arrived, or were there
 * @throws IntegrityError when this version was committed with other content
 */
export async function pushModel(
  s3: S3Client,
  bucket: string,
  model: ModelFolder,
  options: { signature: string; signal: AbortSignal; onBytes?: (bytes: number) => void },
): Promise<Pushed> {
  const { manifest, manifestBytes } = model;
  const prefix = generalModelPrefix(manifest.model, manifest.version);
  const uri = `s3://${bucket}/${prefix}`;
  const target = (key: string) => ({ s3, bucket, key, signal: options.signal });
  const manifestTarget = target(manifestKey(manifest.model, manifest.version));

  const committed = await standingOf(manifestTarget);
  if (committed.state === 'there') {
    if (committed.checksum !== s3ChecksumOf(manifestBytes)) throw versionExists(uri);
    const files = Object.fromEntries(manifest.files.map(({ name }) => [name, 'already-there' as const]));
    return { uri, files, committed: false };
  }

  // What an interrupted upload left under an uncommitted version may be replaced, the signature of another key included.
  const replace = committed.state === 'absent';
  const files: Record<string, Put> = {};
  let before = 0;
  for (const { name, size } of manifest.files) {
    files[name] = await putFile(target(prefix + name), join(model.folder, name), {
      replace,
      onBytes: (bytes) => options.onBytes?.(before + Math.min(bytes, size)),
    });
    before += size;
    options.onBytes?.(before);
  }
  const signatureTarget = target(signatureKey(manifest.model, manifest.version));
  const signature = Buffer.from(options.signature);
  files['manifest.sig'] = await putBytes(signatureTarget, signature, { replace, contentType: 'text/plain' });
  files['manifest.json'] = await putBytes(manifestTarget, manifestBytes, {
    replace: false,
    contentType: 'application/json',
  });
  return { uri, files, committed: files['manifest.json'] === 'uploaded' };
}
