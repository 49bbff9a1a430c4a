import type { Manifest } from '#core/contracts/manifest.ts';
import { generalModelPrefix, manifestKey, signatureKey } from '#core/keys.ts';
import { signatureIn } from '#core/signature.ts';
import { md5Of, s3ChecksumOf } from '../aws/checksum.ts';
import {
  type FoundObject,
  findObject,
  hasContent,
  overwriteBytes,
  type Put,
  putBytes,
  readBytes,
  type Target,
} from '../aws/objects.ts';
import { versionExists } from '../cli/errors.ts';
import { partRecordOf } from '../spool/entry.ts';
import { PartRecord } from './part-record.ts';
import { persistentS3 } from './persistence.ts';
import { putFile } from './put-file.ts';
import type { SourceFile } from './source-file.ts';
import type { Transfer } from './transfer.ts';

/** A general model in the spool. */
export interface SpooledModel {
  /** Of the entry. */
  folder: string;
  manifest: Manifest;
  manifestBytes: Buffer;
  signature: string;
  files: readonly (SourceFile & { name: string })[];
}

export interface UploadedModel {
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

export interface UploadOptions {
  bucket: string;
  /** Whether the deployment accepts a signature of this manifest; undefined if that is unknown. */
  isTrusted: ((signature: string) => boolean) | undefined;
  /** Is told how many more bytes are in the bucket that were there already. */
  onPresent(bytes: number): void;
  /** Called before the first upload, if there is anything to upload. May throw to stop it. */
  beforeUpload(): void;
}

/**
 * Uploads a general model: its files, `manifest.sig`, and last `manifest.json`, which commits the version. An
 * interrupted upload promotes nothing, and the next one sends what is missing. The files of a committed
 * version never change. A signature that the deployment does not accept is replaced by one that it accepts;
 * the manifest is then uploaded again to start the promotion.
 *
 * @throws IntegrityError when this version was committed with other content
 */
export async function uploadModel(
  transfer: Transfer,
  model: SpooledModel,
  options: UploadOptions,
): Promise<UploadedModel> {
  const { bucket } = options;
  const { manifest, manifestBytes } = model;
  const prefix = generalModelPrefix(manifest.model, manifest.version);
  const uri = `s3://${bucket}/${prefix}`;
  const s3 = persistentS3(transfer.s3, transfer.persistence);
  const target = (key: string) => ({ s3, bucket, key, signal: transfer.signal });
  const manifestTarget = target(manifestKey(manifest.model, manifest.version));
  const signatureTarget = target(signatureKey(manifest.model, manifest.version));

  const found = await findObject(manifestTarget);
  if (found.state === 'there') {
    if (!(await isSame(manifestTarget, found, manifestBytes))) throw versionExists(uri);
    // Nothing is sent, but a damaged file is said all the same.
    for (const file of model.files) await file.digests();
    const files = Object.fromEntries(manifest.files.map(({ name }) => [name, 'already-there' as const]));
    const signed = await signAgain(signatureTarget, model.signature, options);
    if (signed !== 'replaced') {
      const otherSignature = signed === 'other';
      const arrival = found.versionId;
      return { uri, files, committed: false, signedAgain: false, otherSignature, arrival };
    }
    // The same bytes again: their arrival starts another promotion.
    const { versionId: arrival } = await overwriteBytes(manifestTarget, manifestBytes, {
      contentType: 'application/json',
      condition: { IfMatch: found.etag },
    });
    return { uri, files, committed: true, signedAgain: true, otherSignature: false, arrival };
  }

  options.beforeUpload();
  // Files of an uncommitted version, left by an interrupted upload, may be replaced, also a signature of
  // another key.
  const replace = found.state === 'absent';
  const files: Record<string, Put> = {};
  for (const file of model.files) {
    files[file.name] = await putFile(transfer, {
      bucket,
      key: prefix + file.name,
      file,
      record: new PartRecord(partRecordOf(model.folder, file.name)),
      replace,
      onPresent: options.onPresent,
    });
  }
  const signature = Buffer.from(model.signature);
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
  signature: string,
  { isTrusted }: UploadOptions,
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
