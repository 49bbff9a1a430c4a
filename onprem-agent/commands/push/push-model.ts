import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { generalModelPrefix, manifestKey, signatureKey } from '#core/keys.ts';
import { signatureIn } from '#core/signature.ts';
import { md5Of, s3ChecksumOf } from '../../aws/checksum.ts';
import {
  type FoundObject,
  findObject,
  hasContent,
  overwriteBytes,
  type Put,
  putBytes,
  putFile,
  readBytes,
  type Target,
} from '../../aws/objects.ts';
import { versionExists } from '../../cli/errors.ts';
import type { ModelFolder } from '../../model-folder/read.ts';

export interface Pushed {
  uri: string;
  /** By file name, in the order of the upload. */
  files: Record<string, Put>;
  /** False if the same version had been pushed completely before. */
  committed: boolean;
  /** Whether it had been pushed completely before and only its signature was replaced. */
  signedAgain: boolean;
  /** Whether the version in the bucket is signed with another key and it is unknown which key is trusted. */
  otherSignature: boolean;
  /** S3's version id of the manifest that is there now; undefined if it is unknown. */
  arrival: string | undefined;
}

export interface PushOptions {
  signature: string;
  /** Whether the deployment accepts a signature of this manifest; undefined if that is unknown. */
  isTrusted: ((signature: string) => boolean) | undefined;
  signal: AbortSignal;
  /** Is told how many bytes of all files are in the bucket. */
  onBytes?: (bytes: number) => void;
  /** Called before the first upload, if there is anything to upload. May throw to stop the push. */
  beforeUpload?: () => void;
}

/**
 * Uploads a general model: its files, `manifest.sig`, and last `manifest.json`, which commits the version. An
 * interrupted push promotes nothing, and the next one sends what is missing. The files of a committed version
 * never change. A signature that the deployment does not accept is replaced by one that it accepts; the
 * manifest is then uploaded again to start the promotion.
 *
 * @throws IntegrityError when this version was committed with other content
 */
export async function pushModel(
  s3: S3Client,
  bucket: string,
  model: ModelFolder,
  options: PushOptions,
): Promise<Pushed> {
  const { manifest, manifestBytes } = model;
  const prefix = generalModelPrefix(manifest.model, manifest.version);
  const uri = `s3://${bucket}/${prefix}`;
  const target = (key: string) => ({ s3, bucket, key, signal: options.signal });
  const manifestTarget = target(manifestKey(manifest.model, manifest.version));
  const signatureTarget = target(signatureKey(manifest.model, manifest.version));

  const found = await findObject(manifestTarget);
  if (found.state === 'there') {
    if (!(await isSame(manifestTarget, found, manifestBytes))) throw versionExists(uri);
    const files = Object.fromEntries(manifest.files.map(({ name }) => [name, 'already-there' as const]));
    const signed = await signAgain(signatureTarget, options);
    if (signed !== 'replaced') {
      const otherSignature = signed === 'other';
      const arrival = found.versionId;
      return { uri, files, committed: false, signedAgain: false, otherSignature, arrival };
    }
    // The same bytes again: their arrival starts another promotion.
    const arrival = await overwriteBytes(manifestTarget, manifestBytes, {
      contentType: 'application/json',
      condition: { IfMatch: found.etag },
    });
    return { uri, files, committed: true, signedAgain: true, otherSignature: false, arrival };
  }

  options.beforeUpload?.();
  // Files of an uncommitted version, left by an interrupted upload, may be replaced, also a signature of
  // another key.
  const replace = found.state === 'absent';
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
  const signature = Buffer.from(options.signature);
  files['manifest.sig'] = await putBytes(signatureTarget, signature, { replace, contentType: 'text/plain' });
  files['manifest.json'] = await putBytes(manifestTarget, manifestBytes, {
    replace: false,
    contentType: 'application/json',
  });
  const committed = files['manifest.json'] === 'uploaded';
  return { uri, files, committed, signedAgain: false, otherSignature: false, arrival: undefined };
}

/** Another tool may have uploaded the same bytes without a SHA-256 checksum. */
async function isSame(target: Target, found: FoundObject, bytes: Uint8Array): Promise<boolean> {
  if (await hasContent(found, s3ChecksumOf(bytes), () => md5Of(bytes))) return true;
  const present = await readBytes(target);
  return present !== undefined && Buffer.from(present).equals(bytes);
}

/** Ed25519 gives one signature for a key and a content, so a different signature is of a different key. */
async function signAgain(
  target: Target,
  { signature, isTrusted }: PushOptions,
): Promise<'same' | 'other' | 'replaced'> {
  const bytes = Buffer.from(signature);
  const found = await findObject(target);
  if (found.state === 'unknown') return 'same';
  if (found.state === 'there') {
    const present = new TextDecoder().decode((await readBytes(target)) ?? new Uint8Array()).trim();
    if (signatureIn(present) === signatureIn(signature)) return 'same';
    if (isTrusted === undefined) return 'other';
    if (isTrusted(present)) return 'same';
  }
  await overwriteBytes(target, bytes, {
    contentType: 'text/plain',
    condition: found.state === 'there' ? { IfMatch: found.etag } : { IfNoneMatch: '*' },
  });
  return 'replaced';
}
