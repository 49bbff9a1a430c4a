import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { IntegrityError } from '#core/errors.ts';
import { md5Of, md5OfFile, partSizeFor, s3Checksum, s3ChecksumOf } from './checksum.ts';
import { explained } from './explain.ts';

/** Where an object is, and who aborts the transfer. */
export interface Target {
  s3: S3Client;
  bucket: string;
  key: string;
  signal: AbortSignal;
}

/**
 * What S3 tells about an object. `unknown`: the permission to look is missing, which a write-only agent may
 * live with.
 */
export type Standing =
  | { state: 'absent' | 'unknown' }
  | {
      state: 'there';
      checksum: string | undefined;
      etag: string;
      /** Whether the ETag is the MD5 of the bytes: not of parts, nor of what a key of KMS has encrypted. */
      etagIsMd5: boolean;
      /** Of S3's, in a bucket that keeps versions. */
      versionId: string | undefined;
      metadata: Readonly<Record<string, string>>;
    };

export async function standingOf({ s3, bucket, key, signal }: Target): Promise<Standing> {
  return explained(`look at s3://${bucket}/${key}`, async () => {
    try {
      const head = await s3.send(
        new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }),
        { abortSignal: signal },
      );
      return {
        state: 'there',
        checksum: head.ChecksumSHA256,
        etag: head.ETag ?? '',
        etagIsMd5:
          /^"?[0-9a-f]{32}"?$/.test(head.ETag ?? '') &&
          ['AES256', undefined].includes(head.ServerSideEncryption) &&
          head.SSECustomerAlgorithm === undefined,
        versionId: head.VersionId,
        metadata: head.Metadata ?? {},
      };
    } catch (error) {
      const status = statusOf(error);
      // HEAD has no body, so that a missing bucket looks like a missing object: the upload will tell.
      if (status === 404) return { state: 'absent' };
      // Nor does it say more than 400 for expired credentials.
      if (status === 403 || status === 400) return { state: 'unknown' };
      throw error;
    }
  });
}

/**
 * Whether what stands there has certain bytes, as far as S3 tells without being read: by the SHA-256 that it
 * keeps of what `graft` has uploaded, otherwise by the ETag of what another tool has put there in one piece.
 *
 * @param checksum of `s3Checksum`
 * @param md5 hexadecimal; asked only where it is needed
 */
export async function holds(
  standing: Standing,
  checksum: string,
  md5: () => string | Promise<string>,
): Promise<boolean> {
  if (standing.state !== 'there') return false;
  if (standing.checksum !== undefined && isOfParts(standing.checksum) === isOfParts(checksum)) {
    return standing.checksum === checksum;
  }
  return standing.etagIsMd5 && standing.etag.replaceAll('"', '') === (await md5());
}

const isOfParts = (checksum: string) => checksum.includes('-');

/** Bytes of a small object; undefined when there is none. */
export async function readBytes({ s3, bucket, key, signal }: Target): Promise<Uint8Array | undefined> {
  return explained(`read s3://${bucket}/${key}`, async () => {
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
        abortSignal: signal,
      });
      return await Body!.transformToByteArray();
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  });
}

/** How a file came to be there. */
export type Put = 'uploaded' | 'already-there';

/**
 * Uploads a file with SHA-256 checksums, in parts when it is large, and never over something else: an object
 * with the same checksum is left alone, one with another is replaced only where `replace` allows it (and only
 * the one that was looked at).
 *
 * @param onBytes gets the bytes that have arrived so far, of this file
 * @throws IntegrityError when another object stands under the key and may not be replaced
 */
export async function putFile(
  target: Target,
  path: string,
  options: { replace: boolean; onBytes?: (bytes: number) => void },
): Promise<Put> {
  const { size } = await stat(path);
  const partSize = partSizeFor(size);
  const content = { checksum: await s3Checksum(path, partSize), md5: () => md5OfFile(path) };
  return putOnce(target, content, options.replace, async (condition) => {
    const upload = new Upload({
      client: target.s3,
      partSize,
      queueSize: 3,
      params: {
        Bucket: target.bucket,
        Key: target.key,
        Body: createReadStream(path, { highWaterMark: 1024 * 1024 }),
        ContentLength: size,
        ChecksumAlgorithm: 'SHA256',
        ...condition,
      },
    });
    upload.on('httpUploadProgress', ({ loaded }) => options.onBytes?.(loaded ?? 0));
    const abort = () => void upload.abort();
    target.signal.addEventListener('abort', abort, { once: true });
    try {
      await upload.done();
    } finally {
      target.signal.removeEventListener('abort', abort);
    }
  });
}

/** As `putFile`, for a small object in memory. */
export async function putBytes(
  target: Target,
  bytes: Uint8Array,
  options: { replace: boolean; contentType: string },
): Promise<Put> {
  const content = { checksum: s3ChecksumOf(bytes), md5: () => md5Of(bytes) };
  return putOnce(target, content, options.replace, async (condition) => {
    await overwriteBytes(target, bytes, { contentType: options.contentType, condition });
  });
}

/**
 * Puts whatever stands there, under the condition if there is one.
 *
 * @returns what S3 calls this version of the object, in a bucket that keeps versions
 */
export async function overwriteBytes(
  target: Target,
  bytes: Uint8Array,
  options: { contentType: string; condition?: Condition; metadata?: Record<string, string> },
): Promise<string | undefined> {
  const { VersionId } = await explained(`upload to s3://${target.bucket}/${target.key}`, () =>
    target.s3.send(
      new PutObjectCommand({
        Bucket: target.bucket,
        Key: target.key,
        Body: bytes,
        ContentType: options.contentType,
        ChecksumAlgorithm: 'SHA256',
        ...(options.metadata === undefined ? {} : { Metadata: options.metadata }),
        ...options.condition,
      }),
      { abortSignal: target.signal },
    ),
  );
  return VersionId;
}

type Condition = { IfNoneMatch: '*' } | { IfMatch: string };

async function putOnce(
  target: Target,
  { checksum, md5 }: { checksum: string; md5: () => string | Promise<string> },
  replace: boolean,
  put: (condition: Condition) => Promise<void>,
): Promise<Put> {
  target.signal.throwIfAborted();
  const standing = await standingOf(target);
  if (standing.state === 'there') {
    if (await holds(standing, checksum, md5)) return 'already-there';
    if (!replace) throw otherObject(target);
  }
  const condition: Condition = standing.state === 'there' ? { IfMatch: standing.etag } : { IfNoneMatch: '*' };
  try {
    await explained(`upload to s3://${target.bucket}/${target.key}`, () => put(condition));
    return 'uploaded';
  } catch (error) {
    if (statusOf(error) !== 412) throw error;
    // Somebody was faster, or our own first attempt arrived and only its answer got lost. Without permission
    // to look, the promotion decides: it checks every digest against the signed manifest.
    const now = await standingOf(target);
    if (now.state === 'unknown' || (await holds(now, checksum, md5))) return 'already-there';
    throw otherObject(target, error);
  }
}

function otherObject({ bucket, key }: Target, cause?: unknown) {
  return new IntegrityError(`s3://${bucket}/${key} is there already, with other content`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'A pushed version is never overwritten: train again, which makes a new version.',
  });
}

const statusOf = (error: unknown) =>
  (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
