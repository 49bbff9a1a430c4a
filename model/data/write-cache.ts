import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { sha256Schema } from '#core/contracts/common.ts';
import { sha256 } from '#core/digest.ts';
import { isRunning } from '#core/is-running.ts';
import { parseJson } from '#core/parse.ts';
import { writeDurably } from '#core/write-durably.ts';
import type { CheckResult } from './check-images.ts';
import { sharedBytes } from './image-list.ts';
import { checkResultSchema } from './known-images.ts';
import { DIGEST_BYTES, shardName } from './pixel-cache.ts';

/** Bytes of a shard, about. */
const SHARD_BYTES = 2 ** 30;
const CONTENTS = 'cache.json';
const DIGESTS = 'digests.bin';

const contentsSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Of the images' list, their files and how they are prepared. */
  key: sha256Schema,
  imageBytes: z.int().positive(),
  imagesPerShard: z.int().positive(),
  images: z.int().positive(),
  /** SHA-256 of the images' digests, all and those of each shard. */
  sha256: sha256Schema,
  shards: z.array(z.strictObject({ name: z.string(), size: z.int().positive(), sha256: sha256Schema })),
  /** What the first pass over the images had found. */
  checked: checkResultSchema,
});

/** A cache that is whole: every image of a list has its row. */
export interface StoredCache {
  folder: string;
  imagesPerShard: number;
  digests: Uint8Array;
  checked: CheckResult;
}

/**
 * Finds the cache with this key.
 *
 * @returns undefined where there is none, and the reason where it cannot be used
 */
export async function findCache(parent: string, key: string): Promise<StoredCache | string | undefined> {
  const folder = join(parent, key);
  const text = await readFile(join(folder, CONTENTS), 'utf8').catch(() => undefined);
  if (text === undefined) return (await stat(folder).catch(() => undefined)) && 'it has no table of contents';
  try {
    const contents = parseJson(contentsSchema, text, CONTENTS);
    if (contents.key !== key) return 'it is of other images';
    const digests = await readFile(join(folder, DIGESTS));
    if (sha256(digests) !== contents.sha256) return 'its digests are damaged';
    for (const { name, size } of contents.shards) {
      if ((await stat(join(folder, name))).size !== size) return `"${name}" is cut short`;
    }
    const shared = sharedBytes(digests.length);
    shared.set(digests);
    return { folder, imagesPerShard: contents.imagesPerShard, digests: shared, checked: contents.checked };
  } catch (error) {
    return (error as Error).message;
  }
}

export interface CacheWriter {
  /** Never fails: after the first failure it does nothing more. */
  write(image: number, pixels: Uint8Array): Promise<void>;
  /** Makes the cache whole. @returns why there is none, when writing has failed */
  finish(checked: CheckResult): Promise<StoredCache | string>;
  /** Removes what was not finished. */
  close(): Promise<void>;
}

/**
 * Writes a cache beside its place, which it takes when it is whole: a cache that is there is complete.
 *
 * @param freeBytes of the disk; tests pass their own
 * @returns the reason when there is no room, or nothing can be written
 */
export async function createCache(
  parent: string,
  { key, images, imageBytes }: { key: string; images: number; imageBytes: number },
  freeBytes = freeBytesOf,
): Promise<CacheWriter | string> {
  const folder = join(parent, `.${key}-${process.pid}`);
  try {
    await mkdir(parent, { recursive: true });
    await removeLeft(parent);
    const needed = images * (imageBytes + DIGEST_BYTES);
    const free = await freeBytes(parent);
    if (free < needed) return `it needs ${gigabytes(needed)}, and ${gigabytes(free)} are free`;
    await mkdir(folder);
  } catch (error) {
    return (error as Error).message;
  }
  const imagesPerShard = Math.max(1, Math.floor(SHARD_BYTES / imageBytes));
  const digests = sharedBytes(DIGEST_BYTES * images);
  const shards = new Map<number, Promise<FileHandle>>();
  let failure: string | undefined;
  const openShard = (shard: number) => {
    const known = shards.get(shard) ?? open(join(folder, shardName(shard)), 'w');
    shards.set(shard, known);
    return known;
  };
  const closeShards = () =>
    Promise.allSettled([...shards.values()].map(async (file) => (await file).close())).then(() =>
      shards.clear(),
    );

  async function complete(checked: CheckResult): Promise<StoredCache> {
    const table: z.output<typeof contentsSchema>['shards'] = [];
    for (let from = 0, shard = 0; from < images; from += imagesPerShard, shard++) {
      const size = Math.min(imagesPerShard, images - from) * imageBytes;
      const file = await openShard(shard);
      // The last images may be damaged ones, which have no pixels.
      await file.truncate(size);
      await file.sync();
      const own = digests.subarray(from * DIGEST_BYTES, (from + imagesPerShard) * DIGEST_BYTES);
      table.push({ name: shardName(shard), size, sha256: sha256(own) });
    }
    await writeDurably(join(folder, DIGESTS), digests);
    const contents: z.output<typeof contentsSchema> = {
      schemaVersion: 1,
      ...{ key, imageBytes, imagesPerShard, images, sha256: sha256(digests), shards: table },
      checked,
    };
    await writeDurably(join(folder, CONTENTS), Buffer.from(JSON.stringify(contents)));
    await closeShards();
    const place = join(parent, key);
    await rm(place, { recursive: true, force: true });
    await rename(folder, place);
    return { folder: place, imagesPerShard, digests, checked };
  }

  return {
    async write(image, pixels) {
      if (failure !== undefined) return;
      try {
        const file = await openShard(Math.floor(image / imagesPerShard));
        const at = (image % imagesPerShard) * imageBytes;
        for (let done = 0; done < imageBytes; ) {
          done += (await file.write(pixels, done, imageBytes - done, at + done)).bytesWritten;
        }
        digests.set(createHash('sha256').update(pixels).digest(), DIGEST_BYTES * image);
      } catch (error) {
        failure ??= (error as Error).message;
      }
    },
    async finish(checked) {
      try {
        if (failure === undefined) return await complete(checked);
      } catch (error) {
        failure = (error as Error).message;
      }
      return failure;
    },
    async close() {
      await closeShards();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What killed runs have left behind. */
async function removeLeft(parent: string) {
  for (const name of await readdir(parent)) {
    const owner = /^\.[0-9a-f]{64}-(\d+)$/.exec(name)?.[1];
    if (owner === undefined || isRunning(Number(owner))) continue;
    await rm(join(parent, name), { recursive: true, force: true });
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
