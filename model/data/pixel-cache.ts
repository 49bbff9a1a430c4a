import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** Prepared images in packed shards on disk, as a thread needs them. Its buffers are shared. */
export interface PixelCache {
  folder: string;
  /** Images in each shard; the last one has the rest. */
  imagesPerShard: number;
  /** Of each image, its place in the order in which the cache has been written. */
  rows: Uint32Array;
  /** SHA-256 of each row, 32 bytes each, in the order of rows. */
  digests: Uint8Array;
}

export const DIGEST_BYTES = 32;
export const shardName = (shard: number) => `pixels-${String(shard).padStart(5, '0')}.bin`;

export interface CacheReader {
  /** @returns the pixels, or what is wrong with them */
  read(image: number): Promise<Uint8Array | string>;
  close(): Promise<void>;
}

/** Every image is compared with its digest whenever it is read: nothing else would find a changed byte. */
export async function openCache(cache: PixelCache, imageBytes: number): Promise<CacheReader> {
  const { folder, imagesPerShard, rows, digests } = cache;
  const shards = new Map<number, Promise<FileHandle>>();
  const openShard = (shard: number) => {
    const known = shards.get(shard) ?? open(join(folder, shardName(shard)));
    shards.set(shard, known);
    return known;
  };
  return {
    async read(image) {
      const row = rows[image]!;
      const pixels = Buffer.allocUnsafeSlow(imageBytes);
      try {
        const file = await openShard(Math.floor(row / imagesPerShard));
        const { bytesRead } = await file.read(pixels, 0, imageBytes, (row % imagesPerShard) * imageBytes);
        if (bytesRead < imageBytes) return 'it is cut short';
      } catch (error) {
        return `it cannot be read (${(error as Error).message})`;
      }
      const expected = digests.subarray(row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES);
      return createHash('sha256').update(pixels).digest().equals(expected) ? pixels : 'it is damaged';
    },
    async close() {
      await Promise.allSettled([...shards.values()].map(async (file) => (await file).close()));
    },
  };
}
