import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { World } from '../../service.ts';
import { validation } from './errors.ts';

export interface S3Location {
  bucket: string;
  key: string;
}

/** @throws ServiceError ValidationException */
export function parseS3Uri(uri: string): S3Location {
  const match = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri);
  if (match === null) throw validation(`The local AWS understands S3 URIs that begin with s3://, not ${uri}`);
  return { bucket: match[1]!, key: match[2]! };
}

/** SageMaker's access to S3: the public API, with the permissions of the job's or model's role. */
export class S3Files {
  readonly #world: World;
  readonly #roleArn: string;

  constructor(world: World, roleArn: string) {
    this.#world = world;
    this.#roleArn = roleArn;
  }

  async exists({ bucket, key }: S3Location): Promise<boolean> {
    try {
      await this.#call('HeadObject', { Bucket: bucket, Key: key });
      return true;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return false;
      throw error;
    }
  }

  /** Downloads one object to a file. */
  async download({ bucket, key }: S3Location, path: string, signal?: AbortSignal): Promise<void> {
    const { Body } = (await this.#call('GetObject', { Bucket: bucket, Key: key })) as { Body: Readable };
    await mkdir(dirname(path), { recursive: true });
    await pipeline(Body, createWriteStream(path), signal === undefined ? {} : { signal });
  }

  /**
   * Downloads every object under an `S3Prefix` into a folder, each at its path after the prefix's last slash.
   * A prefix that is an object's key gives that one file.
   *
   * @returns the number of files
   */
  async downloadPrefix(
    { bucket, key: prefix }: S3Location,
    folder: string,
    signal: AbortSignal,
  ): Promise<number> {
    await mkdir(folder, { recursive: true });
    const base = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    let files = 0;
    for await (const key of this.keys({ bucket, key: prefix })) {
      signal.throwIfAborted();
      await this.download({ bucket, key }, pathWithin(folder, key.slice(base.length)), signal);
      files += 1;
    }
    return files;
  }

  /** Every key under a prefix, without those that stand for folders. */
  async *keys({ bucket, key: prefix }: S3Location): AsyncGenerator<string> {
    let token: string | undefined;
    do {
      const page = (await this.#call('ListObjectsV2', {
        Bucket: bucket,
        Prefix: prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      })) as { Contents?: { Key: string }[]; NextContinuationToken?: string };
      for (const { Key } of page.Contents ?? []) if (!Key.endsWith('/')) yield Key;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async read({ bucket, key }: S3Location): Promise<Buffer<ArrayBuffer>> {
    const { Body } = (await this.#call('GetObject', { Bucket: bucket, Key: key })) as { Body: Readable };
    return (await buffer(Body)) as Buffer<ArrayBuffer>;
  }

  async upload(path: string, { bucket, key }: S3Location, type = 'application/x-tar'): Promise<void> {
    const { size } = await stat(path);
    await this.#call('PutObject', {
      Bucket: bucket,
      Key: key,
      Body: createReadStream(path),
      ContentLength: size,
      ContentType: type,
    });
  }

  async remove({ bucket, key }: S3Location): Promise<void> {
    await this.#call('DeleteObject', { Bucket: bucket, Key: key });
  }

  #call(operation: string, input: object): Promise<unknown> {
    return this.#world.call('s3', operation, input, { roleArn: this.#roleArn });
  }
}

/** @throws ServiceError when a name with `..` would leave the folder */
export function pathWithin(folder: string, name: string): string {
  const path = join(folder, name);
  const inside = relative(folder, path);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`)) {
    throw validation(`"${name}" is no path within its folder.`);
  }
  return path;
}
