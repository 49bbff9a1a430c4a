import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { z } from 'zod';
import { NotFoundError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';

/** Whether S3 said that there is no such object. `HeadObject` has no body to carry a code, hence the status. */
export function isNoSuchObject(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'NoSuchKey' ||
      error.name === 'NotFound' ||
      (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404)
  );
}

/** Whether a conditional write lost: the object exists (or changed) meanwhile, or another write of it was under way. */
export function isPreconditionFailed(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'PreconditionFailed' ||
      error.name === 'ConditionalRequestConflict' ||
      // An If-Match on an object that has been deleted.
      error.name === 'NoSuchKey')
  );
}

/** An object's bytes, ETag and when it was written (milliseconds since 1970), or undefined when there is no such object. */
export async function findObject(
  s3: S3Client,
  bucket: string,
  key: string,
): Promise<{ bytes: Uint8Array; etag: string; modified: number } | undefined> {
  try {
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return {
      bytes: await object.Body!.transformToByteArray(),
      etag: object.ETag!,
      modified: object.LastModified?.getTime() ?? 0,
    };
  } catch (error) {
    if (isNoSuchObject(error)) return undefined;
    throw error;
  }
}

/** @throws NotFoundError naming the object */
export async function readObject(s3: S3Client, bucket: string, key: string): Promise<Uint8Array> {
  const object = await findObject(s3, bucket, key);
  if (object === undefined) throw new NotFoundError(`There is no s3://${bucket}/${key}`);
  return object.bytes;
}

/**
 * A JSON object, parsed with its schema, and its ETag; undefined when there is none.
 *
 * @throws InvalidInputError when it does not have the schema's form
 */
export async function findJson<Schema extends z.ZodType>(
  s3: S3Client,
  bucket: string,
  key: string,
  schema: Schema,
): Promise<{ value: z.output<Schema>; etag: string } | undefined> {
  const object = await findObject(s3, bucket, key);
  if (object === undefined) return undefined;
  const text = new TextDecoder().decode(object.bytes);
  return { value: parseJson(schema, text, `s3://${bucket}/${key}`), etag: object.etag };
}

export async function objectExists(s3: S3Client, bucket: string, key: string): Promise<boolean> {
  try {
    await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return true;
  } catch (error) {
    if (isNoSuchObject(error)) return false;
    throw error;
  }
}

/** When a write may happen: always, only where nothing is, or only over the version with this ETag. */
export type Condition = { ifMatch: string } | { ifNoneMatch: '*' };

/** Writes JSON that a person can read; S3's own error passes through when the condition fails (`isPreconditionFailed`). */
export async function writeJson(
  s3: S3Client,
  bucket: string,
  key: string,
  value: unknown,
  condition?: Condition,
): Promise<void> {
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: `${JSON.stringify(value, null, 2)}\n`,
      ContentType: 'application/json',
      ...(condition !== undefined && 'ifMatch' in condition ? { IfMatch: condition.ifMatch } : {}),
      ...(condition !== undefined && 'ifNoneMatch' in condition
        ? { IfNoneMatch: condition.ifNoneMatch }
        : {}),
    }),
  );
}

/** Deleting what is not there is fine. */
export async function deleteObject(s3: S3Client, bucket: string, key: string): Promise<void> {
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

/** An object as a list of keys shows it. */
export interface StoredObject {
  key: string;
  /** Bytes. */
  size: number;
  /** Without quotes. */
  etag: string;
  /** When it was written, in milliseconds since 1970; S3 knows whole seconds. */
  modified: number;
}

/** Every object below a prefix, page by page. */
export async function* listObjects(
  s3: S3Client,
  bucket: string,
  prefix: string,
): AsyncGenerator<StoredObject> {
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(token ? { ContinuationToken: token } : {}),
      }),
    );
    for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
      const etag = (ETag ?? '').replaceAll('"', '');
      yield { key: Key!, size: Size ?? 0, etag, modified: LastModified?.getTime() ?? 0 };
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/** Names of the folders directly below a prefix (which ends with a slash). */
export async function listFolders(s3: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const folders: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        Delimiter: '/',
        ...(token ? { ContinuationToken: token } : {}),
      }),
    );
    for (const { Prefix } of page.CommonPrefixes ?? []) folders.push(Prefix!.slice(prefix.length, -1));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return folders;
}
