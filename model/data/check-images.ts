import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { forEachBounded } from '#core/bounded.ts';
import { refuseManyDamaged } from './data-set.ts';
import { decodeImage, type ImageForm } from './image.ts';
import {
  type ImageList,
  idOf,
  pathOf,
  pick,
  sharedFloat64,
  sharedInt32,
  sharedUint16,
  sharedUint32,
} from './image-list.ts';
import { readListed } from './read-listed.ts';
import { pickTexts } from './texts.ts';

/** What the first pass over all images has found. */
export interface CheckResult {
  /** Over the sorted (id, SHA-256) pairs of the images that can be read; see `dataSetDigest`. */
  digest: string;
  /** The others: index in the list, name and reason. They ascend. */
  damaged: { image: number; id: string; reason: string }[];
  /** Ids of images that are the same file, the first three of each group at the most. */
  repeated: string[][];
}

export interface CheckOptions {
  /** Gets the pixels of every image that can be read, in any order. */
  keep?: (image: number, pixels: Uint8Array) => void | Promise<void>;
  onProgress?: ((done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

const DIGEST_BYTES = 32;

/**
 * Reads and decodes every image once: finds what cannot be used before hours of training, and what says
 * whether two trainings had the same images. Some images are in memory at a time, and 32 bytes of each.
 *
 * @param form that images are decoded to
 * @throws InvalidInputError when more than a tenth of the images cannot be used
 * @throws the signal's reason
 */
export async function checkImages(
  list: ImageList,
  form: ImageForm,
  { keep, onProgress, signal }: CheckOptions = {},
): Promise<CheckResult> {
  const digests = new Uint8Array(DIGEST_BYTES * list.size);
  const damaged: CheckResult['damaged'] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < list.size) {
      signal?.throwIfAborted();
      const image = next++;
      const found = await inspect(list, image, form);
      if ('reason' in found) damaged.push({ image, id: idOf(list, image), reason: found.reason });
      else {
        digests.set(found.digest, DIGEST_BYTES * image);
        await keep?.(image, found.pixels);
      }
      onProgress?.(++done, list.size);
    }
  };
  const readers = Array.from({ length: Math.min(16, 2 * availableParallelism()) }, () => work());
  const results = await Promise.allSettled(readers);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  damaged.sort((a, b) => a.image - b.image);
  refuseManyDamaged(list.root, damaged, list.size);
  const usable = usableImages(list.size, damaged);
  return {
    digest: digestOf(list, usable, digests),
    damaged,
    repeated: repeatedContent(list, usable, digests),
  };
}

async function inspect(
  list: ImageList,
  image: number,
  form: ImageForm,
): Promise<{ digest: Buffer; pixels: Uint8Array } | { reason: string }> {
  try {
    const bytes = await readListed(list, image);
    const digest = createHash('sha256').update(bytes).digest();
    return { digest, pixels: await decodeImage(bytes, form) };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

/** Indices of the images that are left. */
export function usableImages(size: number, damaged: readonly { image: number }[]): Uint32Array {
  const left = new Uint32Array(size - damaged.length);
  let skip = 0;
  for (let image = 0; image < size; image++) {
    if (damaged[skip]?.image === image) skip++;
    else left[image - skip] = image;
  }
  return left;
}

/** Some images of a list, in the same order. */
export function pickImages(list: ImageList, keep: Uint32Array): ImageList {
  if (keep.length === list.size) return list;
  const size = keep.length;
  const { shards } = list;
  return {
    ...list,
    size,
    classIndices: pick(list.classIndices, keep, sharedInt32(size)),
    names: pickTexts(list.names, keep),
    shards: shards && {
      names: shards.names,
      indices: pick(shards.indices, keep, sharedUint16(size)),
      offsets: pick(shards.offsets, keep, sharedFloat64(size)),
      lengths: pick(shards.lengths, keep, sharedUint32(size)),
    },
  };
}

/**
 * Changes when a file is added, removed, renamed or written: names, sizes and times of change, of the shards
 * where there are some. No image is read for it.
 */
export async function signatureOf(list: ImageList, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(list.labels));
  const { shards } = list;
  const count = shards?.names.length ?? list.size;
  const facts = new Float64Array(2 * count);
  const all = Array.from({ length: Math.min(64, count) }, (_, i) => i);
  let next = 0;
  await forEachBounded(all, all.length, async () => {
    while (next < count) {
      signal?.throwIfAborted();
      const at = next++;
      const path = shards ? join(list.root, shards.names[at]!) : pathOf(list, at);
      const found = await stat(path).catch(() => undefined);
      facts.set([found?.size ?? -1, found?.mtimeMs ?? -1], 2 * at);
    }
  });
  hash.update(facts);
  for (const column of [list.classIndices, list.names.bytes, list.names.ends]) hash.update(column);
  if (shards) {
    hash.update(JSON.stringify(shards.names));
    for (const column of [shards.indices, shards.offsets, shards.lengths]) hash.update(column);
  }
  return hash.digest('hex');
}

const hexOf = (digests: Uint8Array, image: number) =>
  Buffer.from(digests.buffer, digests.byteOffset + DIGEST_BYTES * image, DIGEST_BYTES).toString('hex');

/**
 * `dataSetDigest` without an array of a million lines: within a label images are in the order of their ids
 * already, and labels are put into the order of the lines that begin with them.
 */
function digestOf(list: ImageList, images: Uint32Array, digests: Uint8Array): string {
  const from = new Map<number, number>();
  for (const [at, image] of images.entries()) {
    const classIndex = list.classIndices[image]!;
    if (!from.has(classIndex)) from.set(classIndex, at);
  }
  const order = [...from.keys()].sort((a, b) => (`${list.labels[a]}/` < `${list.labels[b]}/` ? -1 : 1));
  const hash = createHash('sha256');
  let first = true;
  for (const classIndex of order) {
    for (let at = from.get(classIndex)!; list.classIndices[images[at]!] === classIndex; at++) {
      const image = images[at]!;
      hash.update(`${first ? '' : '\n'}${idOf(list, image)}\0${hexOf(digests, image)}`);
      first = false;
    }
  }
  return hash.digest('hex');
}

/** Groups of images with the same content, in the order of their first images. */
function repeatedContent(list: ImageList, images: Uint32Array, digests: Uint8Array): string[][] {
  const keys = new Float64Array(list.size);
  const words = new DataView(digests.buffer);
  // 48 bits of the digest: a whole number that a double holds.
  for (const image of images) {
    const at = DIGEST_BYTES * image;
    keys[image] = words.getUint32(at) * 2 ** 16 + words.getUint16(at + 4);
  }
  const sorted = images.slice().sort((a, b) => keys[a]! - keys[b]! || a - b);
  const groups = new Map<string, { first: number; ids: string[] }>();
  for (let at = 1; at < sorted.length; at++) {
    const [before, image] = [sorted[at - 1]!, sorted[at]!];
    if (keys[before] !== keys[image]) continue;
    const digest = hexOf(digests, image);
    const isFirst = !groups.has(digest);
    if (isFirst && hexOf(digests, before) !== digest) continue;
    const group = groups.get(digest) ?? { first: before, ids: [idOf(list, before)] };
    groups.set(digest, group);
    const isOfAnotherClass = list.classIndices[group.first] !== list.classIndices[image];
    const hasOther = group.ids.length > 2;
    if (group.ids.length === 1 || (isOfAnotherClass && !hasOther)) group.ids.push(idOf(list, image));
  }
  return [...groups.values()].sort((a, b) => a.first - b.first).map(({ ids }) => ids);
}
