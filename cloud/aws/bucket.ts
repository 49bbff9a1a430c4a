import type { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type _Object as ListedObject,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type * as z from 'zod';
import { NotFoundError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';

/**
 * Whether S3 said that there is no such object. `HeadObject` has no body to carry a code, hence the status.
 */
export function isNoSuchObject(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'NoSuchKey' ||
      error.name === 'NotFound' ||
      (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404)
  );
}

/**
 * Whether a conditional request failed: the object exists or has changed, or another write of it is under
 * way.
 */
export function isPreconditionFailed(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'PreconditionFailed' ||
      error.name === 'ConditionalRequestConflict' ||
      // An If-Match on an object that has been deleted.
      error.name === 'NoSuchKey')
  );
}

/** When a write may happen: only where there is no object, or only over the version with this ETag. */
export type Condition = { ifMatch: string } | { ifNoneMatch: '*' };

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

/** One bucket and the client that reads and writes it. Keys are the bucket's own, without `s3://`. */
export class Bucket {
  /** For operations that only one place needs. */
  readonly s3: S3Client;
  readonly name: string;

  constructor(s3: S3Client, name: string) {
    this.s3 = s3;
    this.name = name;
  }

  uri(key: string): string {
    return `s3://${this.name}/${key}`;
  }

  /**
   * Bytes, ETag and time of the last write (milliseconds since 1970); undefined when there is no such object.
   */
  async find(key: string): Promise<{ bytes: Uint8Array; etag: string; modified: number } | undefined> {
    try {
      const object = await this.s3.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
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
  async read(key: string): Promise<Uint8Array> {
    const object = await this.find(key);
    if (object === undefined) throw new NotFoundError(`There is no ${this.uri(key)}`);
    return object.bytes;
  }

  /** The bytes as a stream, for what may be too large for the memory; S3's own errors pass through. */
  async stream(key: string): Promise<Readable> {
    return (await this.s3.send(new GetObjectCommand({ Bucket: this.name, Key: key }))).Body as Readable;
  }

  /** What S3 says about an object without its bytes; S3's own errors pass through. */
  head(key: string, options: { ChecksumMode?: 'ENABLED' } = {}): Promise<HeadObjectCommandOutput> {
    return this.s3.send(new HeadObjectCommand({ Bucket: this.name, Key: key, ...options }));
  }

  /** Copies an object within the bucket, at most 5 GB. */
  async copy(from: string, key: string): Promise<void> {
    const CopySource = `${this.name}/${encodeURIComponent(from).replaceAll('%2F', '/')}`;
    await this.s3.send(new CopyObjectCommand({ Bucket: this.name, Key: key, CopySource }));
  }

  async exists(key: string): Promise<boolean> {
    try {
      await this.head(key);
      return true;
    } catch (error) {
      if (isNoSuchObject(error)) return false;
      throw error;
    }
  }

  /** When an object was last written, milliseconds since 1970; undefined when there is none. */
  async modifiedAt(key: string): Promise<number | undefined> {
    for await (const found of this.list(key)) {
      // Keys come in order, and the key itself is the first that begins with it.
      return found.key === key ? found.modified : undefined;
    }
    return undefined;
  }

  /**
   * A JSON object, parsed with its schema, and its ETag for a conditional write; undefined when there is
   * none.
   *
   * @throws InvalidInputError when it does not have the schema's form
   */
  async findVersion<Schema extends z.ZodType>(
    key: string,
    schema: Schema,
  ): Promise<{ value: z.output<Schema>; etag: string } | undefined> {
    const object = await this.find(key);
    if (object === undefined) return undefined;
    const value = parseJson(schema, new TextDecoder().decode(object.bytes), this.uri(key));
    return { value, etag: object.etag };
  }

  /** As `findVersion`, the value alone. */
  async findJson<Schema extends z.ZodType>(
    key: string,
    schema: Schema,
  ): Promise<z.output<Schema> | undefined> {
    return (await this.findVersion(key, schema))?.value;
  }

  /** @throws NotFoundError naming the object, InvalidInputError when it does not have the schema's form */
  async readJson<Schema extends z.ZodType>(key: string, schema: Schema): Promise<z.output<Schema>> {
    return parseJson(schema, new TextDecoder().decode(await this.read(key)), this.uri(key));
  }

  /** Every JSON object below a prefix. One that is removed while they are listed is left out. */
  async *listJson<Schema extends z.ZodType>(
    prefix: string,
    schema: Schema,
  ): AsyncGenerator<{ value: z.output<Schema>; modified: number }> {
    for await (const { key, modified } of this.list(prefix)) {
      const found = await this.findVersion(key, schema);
      if (found !== undefined) yield { value: found.value, modified };
    }
  }

  async write(key: string, body: string | Uint8Array, contentType: string): Promise<void> {
    const object = { Bucket: this.name, Key: key, Body: body, ContentType: contentType };
    await this.s3.send(new PutObjectCommand(object));
  }

  /** Writes JSON that a person can read, over whatever is there. */
  async writeJson(key: string, value: unknown): Promise<void> {
    await this.write(key, jsonText(value), 'application/json');
  }

  /** @returns false when the condition fails, and nothing is written */
  async writeJsonIf(condition: Condition, key: string, value: unknown): Promise<boolean> {
    try {
      await this.s3.send(
        new PutObjectCommand({
          Bucket: this.name,
          Key: key,
          Body: jsonText(value),
          ContentType: 'application/json',
          ...('ifMatch' in condition
            ? { IfMatch: condition.ifMatch }
            : { IfNoneMatch: condition.ifNoneMatch }),
        }),
      );
      return true;
    } catch (error) {
      if (isPreconditionFailed(error)) return false;
      throw error;
    }
  }

  /** Deleting what is not there is fine. */
  async delete(key: string): Promise<void> {
    await this.s3.send(new DeleteObjectCommand({ Bucket: this.name, Key: key }));
  }

  /** Deletes every object below a prefix. */
  async deleteBelow(prefix: string): Promise<void> {
    for await (const { key } of this.list(prefix)) await this.delete(key);
  }

  /**
   * Some of the objects below a prefix, in the order of their keys.
   *
   * @param after the key that comes before them
   */
  async objectPage(
    prefix: string,
    { size, after }: { size: number; after?: string | undefined },
  ): Promise<{ objects: StoredObject[]; more: boolean }> {
    const { Contents = [], IsTruncated = false } = await this.s3.send(
      new ListObjectsV2Command({
        Bucket: this.name,
        Prefix: prefix,
        MaxKeys: size,
        ...(after === undefined ? {} : { StartAfter: after }),
      }),
    );
    return { objects: Contents.map(storedObject), more: IsTruncated };
  }

  /** Every object below a prefix, page by page. */
  async *list(prefix: string): AsyncGenerator<StoredObject> {
    for await (const { Contents = [] } of this.#pages({ Prefix: prefix })) {
      for (const found of Contents) yield storedObject(found);
    }
  }

  /** Names of the folders directly below a prefix (which ends with a slash). */
  async folders(prefix: string): Promise<string[]> {
    const folders: string[] = [];
    for await (const { CommonPrefixes = [] } of this.#pages({ Prefix: prefix, Delimiter: '/' })) {
      for (const { Prefix } of CommonPrefixes) folders.push(Prefix!.slice(prefix.length, -1));
    }
    return folders;
  }

  /**
   * Some of the folders directly below a folder, in the order of their names.
   *
   * @param beginning of their names
   * @param page token of the answer before
   */
  async folderPage(
    folder: string,
    { beginning = '', size, page }: { beginning?: string; size: number; page?: string | undefined },
  ): Promise<{ folders: string[]; next: string | undefined }> {
    const { CommonPrefixes = [], NextContinuationToken } = await this.s3.send(
      new ListObjectsV2Command({
        Bucket: this.name,
        Prefix: folder + beginning,
        Delimiter: '/',
        MaxKeys: size,
        ...(page === undefined ? {} : { ContinuationToken: page }),
      }),
    );
    const folders = CommonPrefixes.map(({ Prefix }) => Prefix!.slice(folder.length, -1));
    return { folders, next: NextContinuationToken };
  }

  async *#pages(query: { Prefix: string; Delimiter?: string }) {
    let token: string | undefined;
    do {
      const more = token === undefined ? {} : { ContinuationToken: token };
      const page = await this.s3.send(new ListObjectsV2Command({ Bucket: this.name, ...query, ...more }));
      yield page;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }
}

const storedObject = ({ Key, Size, ETag, LastModified }: ListedObject): StoredObject => ({
  key: Key!,
  size: Size ?? 0,
  etag: (ETag ?? '').replaceAll('"', ''),
  modified: LastModified?.getTime() ?? 0,
});

const jsonText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
