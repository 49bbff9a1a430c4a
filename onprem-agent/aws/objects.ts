import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { IntegrityError } from '#core/errors.ts';
import { md5Of, s3ChecksumOf } from './checksum.ts';
import { explained } from './explain.ts';

/** An object in S3, and the signal that aborts its transfer. */
export interface Target {
  s3: Pick<S3Client, 'send'>;
  bucket: string;
  key: string;
  signal: AbortSignal;
}

/**
 * What S3 says about an object. `unknown`: the agent may not look. An agent that may only write works all the
 * same.
 */
export type FoundObject =
  | { state: 'absent' | 'unknown' }
  | {
      state: 'there';
      checksum: string | undefined;
      etag: string;
      /** Whether the ETag is the MD5 of the bytes: not for uploads in parts, nor with a KMS key. */
      etagIsMd5: boolean;
      /** S3's version id, in a versioned bucket. */
      versionId: string | undefined;
      metadata: Readonly<Record<string, string>>;
    };

export async function findObject({ s3, bucket, key, signal }: Target): Promise<FoundObject> {
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
      // HEAD has no body, so a missing bucket looks like a missing object. The upload will tell them apart.
      if (status === 404) return { state: 'absent' };
      // For expired credentials it says 400 and no more.
      if (status === 403 || status === 400) return { state: 'unknown' };
      throw error;
    }
  });
}

/**
 * Whether an object has certain bytes, without reading it. Compares the SHA-256 that S3 keeps of `graft`'s
 * uploads, otherwise the ETag of an upload in one piece by another tool.
 *
 * @param checksum from `s3Checksum`; called only if there is an object
 * @param md5 in hexadecimal; called only if it is needed
 */
export async function hasContent(
  found: FoundObject,
  checksum: string | (() => Promise<string>),
  md5: () => string | Promise<string>,
): Promise<boolean> {
  if (found.state !== 'there') return false;
  const own = typeof checksum === 'string' ? checksum : await checksum();
  if (found.checksum !== undefined && isOfParts(found.checksum) === isOfParts(own)) {
    return found.checksum === own;
  }
  return found.etagIsMd5 && found.etag.replaceAll('"', '') === (await md5());
}

const isOfParts = (checksum: string) => checksum.includes('-');

/** The bytes of a small object; undefined if there is none. */
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

/**
 * What an upload did. An object that was missing and then had these bytes counts as uploaded, even if the
 * answer to its upload was lost.
 */
export type Put = 'uploaded' | 'already-there';

/**
 * Uploads a small object. An object with the same checksum stays. One with another checksum is replaced only
 * if `replace` allows it, and only if it has not changed since.
 *
 * @throws IntegrityError when another object stands under the key and may not be replaced
 */
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

/** What S3 calls an object that was uploaded. */
export interface Stored {
  /** In a versioned bucket. */
  versionId: string | undefined;
  /** Without quotation marks. */
  etag: string;
}

/** Uploads the bytes over any object under the key, subject to the condition if there is one. */
export async function overwriteBytes(
  target: Target,
  bytes: Uint8Array,
  options: { contentType: string; condition?: Condition; metadata?: Record<string, string> },
): Promise<Stored> {
  const { VersionId, ETag } = await explained(`upload to s3://${target.bucket}/${target.key}`, () =>
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
  return { versionId: VersionId, etag: (ETag ?? '').replaceAll('"', '') };
}

export type Condition = { IfNoneMatch: '*' } | { IfMatch: string };

/** What an object should have, as `hasContent` takes it. */
export interface Content {
  checksum: string | (() => Promise<string>);
  md5: () => string | Promise<string>;
}

/**
 * Uploads an object unless it is there already.
 *
 * @param put uploads it under a condition; its failure with status 412 means that the condition did not hold
 */
export async function putOnce(
  target: Target,
  { checksum, md5 }: Content,
  replace: boolean,
  put: (condition: Condition) => Promise<void>,
): Promise<Put> {
  target.signal.throwIfAborted();
  const found = await findObject(target);
  if (found.state === 'there') {
    if (await hasContent(found, checksum, md5)) return 'already-there';
    if (!replace) throw otherObject(target);
  }
  const condition: Condition = found.state === 'there' ? { IfMatch: found.etag } : { IfNoneMatch: '*' };
  try {
    await explained(`upload to s3://${target.bucket}/${target.key}`, () => put(condition));
    return 'uploaded';
  } catch (error) {
    if (statusOf(error) !== 412) throw error;
    // Another upload was faster, or our own first attempt arrived and only its answer was lost. Without
    // permission to look, leave it to the promotion, which checks every digest against the signed manifest.
    const now = await findObject(target);
    if (now.state === 'unknown') return 'already-there';
    if (!(await hasContent(now, checksum, md5))) throw otherObject(target, error);
    return found.state === 'absent' ? 'uploaded' : 'already-there';
  }
}

function otherObject({ bucket, key }: Target, cause?: unknown) {
  return new IntegrityError(`s3://${bucket}/${key} is there already, with other content`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'A pushed version is never overwritten: train again, which makes a new version.',
  });
}

export const statusOf = (error: unknown) =>
  (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
