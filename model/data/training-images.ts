import type { Input } from '#core/contracts/common.ts';
import { sha256 } from '#core/digest.ts';
import {
  type CheckOptions,
  type CheckResult,
  checkImages,
  pickImages,
  signatureOf,
  usableImages,
} from './check-images.ts';
import type { DataSet } from './data-set.ts';
import { type ImageList, sharedBytes, sharedUint32 } from './image-list.ts';
import { findKnown, keepKnown } from './known-images.ts';
import { listTrainingImages } from './list-training-images.ts';
import type { PixelSource } from './pixel-source.ts';
import { createCache, findCache, type StoredCache } from './write-cache.ts';

/** The images that a general model is trained on, of which only a few are in memory at a time. */
export interface TrainingImages {
  labels: string[];
  size: number;
  /** Index into `labels` of each image. */
  classIndices: Int32Array;
  input: Input;
  /** Over the sorted (id, SHA-256) pairs of the images. */
  digest: string;
  damaged: { id: string; reason: string }[];
  pixels: PixelSource;
}

export interface OpenedImages extends TrainingImages {
  /** Names of files that belong to no class. */
  beside: string[];
  /** Groups of images that are the same file, for `repetitionWarnings`. */
  repeated: string[][];
}

export interface OpenOptions extends Pick<CheckOptions, 'onProgress' | 'signal'> {
  /** Pixels of so many bytes stay in memory. */
  memoryBytes: number;
  /**
   * Folder for prepared images, which is made. Without it, what does not fit into memory is decoded at each
   * visit.
   */
  cache?: string | undefined;
  /**
   * Where what is known of the images is kept, so that a training that goes on need not read them all first.
   */
  known?: string | undefined;
  /** Is told what happens to the cache. */
  onNotice?: (message: string) => void;
  freeBytes?: (folder: string) => Promise<number>;
}

/**
 * Opens label folders or tar shards for training. The first time every image is read and decoded once.
 *
 * @throws NotFoundError, InvalidInputError naming the folder, shard, label or files that are wrong
 * @throws the signal's reason
 */
export async function openTrainingImages(
  root: string,
  input: Input,
  options: OpenOptions,
): Promise<OpenedImages> {
  const { list, beside } = await listTrainingImages(root, options.signal);
  const found: Found = { list, input, imageBytes: input.height * input.width * 3 };
  const { checked, pixels } = await openPixelsOf(found, options);
  const left = pickImages(list, usableImages(list.size, checked.damaged));
  return {
    ...{ labels: list.labels, size: left.size, classIndices: left.classIndices, input, beside },
    ...{ digest: checked.digest, repeated: checked.repeated },
    damaged: checked.damaged.map(({ id, reason }) => ({ id, reason })),
    pixels,
  };
}

/** Images that are in memory already. */
export function trainingImagesOf(data: DataSet): TrainingImages {
  const { labels, size, classIndices, input, digest, damaged } = data;
  const imageBytes = input.height * input.width * 3;
  const pixels = sharedBytes(size * imageBytes);
  for (let image = 0; image < size; image++) pixels.set(data.gather([image]), image * imageBytes);
  return { labels, size, classIndices, input, digest, damaged, pixels: { kind: 'memory', pixels } };
}

interface Found {
  list: ImageList;
  input: Input;
  imageBytes: number;
}

interface Opened {
  checked: CheckResult;
  pixels: PixelSource;
}

async function openPixelsOf(found: Found, options: OpenOptions): Promise<Opened> {
  const { list, imageBytes } = found;
  if (list.size * imageBytes <= options.memoryBytes) return openInMemory(found, options);
  const { signal, cache, known, onProgress } = options;
  const key = sha256(JSON.stringify([await signatureOf(list, signal), formOf(found.input)]));
  if (cache !== undefined) {
    const cached = await openCached(found, { ...options, cache }, key);
    if (cached !== undefined) return cached;
  }
  const before = known === undefined ? undefined : await findKnown(known, key);
  const checked = before ?? (await checkImages(list, found.input, { signal, onProgress }));
  if (known !== undefined && before === undefined) await keepKnown(known, key, checked);
  return { checked, pixels: fromFiles(found, checked) };
}

async function openInMemory({ list, input, imageBytes }: Found, options: OpenOptions): Promise<Opened> {
  const { signal, onProgress } = options;
  const pixels = sharedBytes(list.size * imageBytes);
  const keep = (image: number, own: Uint8Array) => pixels.set(own, image * imageBytes);
  const checked = await checkImages(list, input, { keep, signal, onProgress });
  const left = usableImages(list.size, checked.damaged);
  for (const [at, image] of left.entries()) {
    pixels.copyWithin(at * imageBytes, image * imageBytes, (image + 1) * imageBytes);
  }
  return { checked, pixels: { kind: 'memory', pixels } };
}

/** @returns undefined when there is no cache and none can be made */
async function openCached(
  found: Found,
  { cache, freeBytes, onNotice, signal, onProgress }: OpenOptions & { cache: string },
  key: string,
): Promise<Opened | undefined> {
  const { list, input, imageBytes } = found;
  const stored = await findCache(cache, key);
  if (typeof stored === 'object') {
    onNotice?.(`Prepared images are in "${stored.folder}"`);
    return fromCache(found, stored);
  }
  if (stored !== undefined) onNotice?.(`The cache in "${cache}" is made again: ${stored}`);
  const writer = await createCache(cache, { key, images: list.size, imageBytes }, freeBytes);
  if (typeof writer === 'string') {
    onNotice?.(`There is no cache in "${cache}", images are decoded at each visit: ${writer}`);
    return undefined;
  }
  try {
    const checked = await checkImages(list, input, { keep: writer.write, signal, onProgress });
    const written = await writer.finish(checked);
    if (typeof written === 'object') return fromCache(found, written);
    onNotice?.(`There is no cache in "${cache}", images are decoded at each visit: ${written}`);
    return { checked, pixels: fromFiles(found, checked) };
  } finally {
    await writer.close();
  }
}

const formOf = ({ height, width, resize, interpolation, colours, mean }: Input) => ({
  ...{ height, width, resize, interpolation, colours, mean },
});

const fromFiles = ({ list, input }: Found, { damaged }: CheckResult): PixelSource & { kind: 'files' } => ({
  kind: 'files',
  list: pickImages(list, usableImages(list.size, damaged)),
  form: formOf(input),
});

function fromCache(found: Found, { folder, imagesPerShard, digests, checked }: StoredCache): Opened {
  const left = usableImages(found.list.size, checked.damaged);
  const rows = sharedUint32(left.length);
  rows.set(left);
  const cache = { folder, imagesPerShard, rows, digests };
  return { checked, pixels: { ...fromFiles(found, checked), kind: 'cache', cache } };
}
