import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { generalModelPrefix, manifestKey, signatureKey } from '#core/keys.ts';
import { md5Of, s3ChecksumOf } from '../../aws/checksum.ts';
import {
  holds,
  overwriteBytes,
  type Put,
  putBytes,
  putFile,
  readBytes,
  type Standing,
  standingOf,
  type Target,
} from '../../aws/objects.ts';
import { versionExists } from '../../cli/errors.ts';
import type { ModelFolder } from '../../model-folder/read.ts';

export interface Pushed {
  uri: string;
  /** By file name, in the order of the upload. */
  files: Record<string, Put>;
  /** False when the very same version had been pushed completely before. */
  committed: boolean;
  /** Whether it was there completely, and only its signature was replaced. */
  signedAgain: boolean;
  /** The version in the bucket was signed with another key, and nothing says which of the two is trusted. */
  otherSignature: boolean;
  /** What S3 calls the manifest that stands there now; undefined where that is not known. */
  arrival: string | undefined;
}

export interface PushOptions {
  signature: string;
  /** Whether the deployment takes a signature of this manifest; undefined where nobody knows. */
  isTrusted: ((signature: string) => boolean) | undefined;
  signal: AbortSignal;
  /** Gets the bytes of all files that have arrived, or were there. */
  onBytes?: (bytes: number) => void;
  /** Called before anything is sent, and only if anything is to be sent. May refuse by throwing. */
  beforeUpload?: () => void;
}

/**
 * Uploads a general model: its files, `manifest.sig`, and `manifest.json` last, whose arrival commits the
 * version. Interrupted anywhere, nothing is promoted; run again, it goes on with what is missing. The content
 * of a committed version is never touched; a signature of it that the deployment does not take is replaced by
 * one that it does, and the manifest put again to say so.
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

  const standing = await standingOf(manifestTarget);
  if (standing.state === 'there') {
    if (!(await isSame(manifestTarget, standing, manifestBytes))) throw versionExists(uri);
    const files = Object.fromEntries(manifest.files.map(({ name }) => [name, 'already-there' as const]));
    const signed = await signAgain(signatureTarget, options);
    if (signed !== 'replaced') {
      const otherSignature = signed === 'other';
      const arrival = standing.versionId;
      return { uri, files, committed: false, signedAgain: false, otherSignature, arrival };
    }
    // The same bytes: only their arrival is new, and tells the pipeline to try once more.
    const arrival = await overwriteBytes(manifestTarget, manifestBytes, {
      contentType: 'application/json',
      condition: { IfMatch: standing.etag },
    });
    return { uri, files, committed: true, signedAgain: true, otherSignature: false, arrival };
  }

  options.beforeUpload?.();
  // What an interrupted upload left under an uncommitted version may be replaced, the signature of another
  // key included.
  const replace = standing.state === 'absent';
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

/** Another tool may have put the same bytes there, without the checksum that `graft` leaves. */
async function isSame(target: Target, standing: Standing, bytes: Uint8Array): Promise<boolean> {
  if (await holds(standing, s3ChecksumOf(bytes), () => md5Of(bytes))) return true;
  const found = await readBytes(target);
  return found !== undefined && Buffer.from(found).equals(bytes);
}

/** Ed25519 gives one signature for one key and content, so another one is another key's. */
async function signAgain(
  target: Target,
  { signature, isTrusted }: PushOptions,
): Promise<'same' | 'other' | 'replaced'> {
  const bytes = Buffer.from(signature);
  const standing = await standingOf(target);
  if (standing.state === 'unknown') return 'same';
  if (standing.state === 'there') {
    const found = new TextDecoder().decode((await readBytes(target)) ?? new Uint8Array()).trim();
    if (found === signature.trim()) return 'same';
    if (isTrusted === undefined) return 'other';
    if (isTrusted(found)) return 'same';
  }
  await overwriteBytes(target, bytes, {
    contentType: 'text/plain',
    condition: standing.state === 'there' ? { IfMatch: standing.etag } : { IfNoneMatch: '*' },
  });
  return 'replaced';
}
