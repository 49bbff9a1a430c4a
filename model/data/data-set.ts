import { availableParallelism } from 'node:os';
import type { Input } from '#core/contracts/common.ts';
import { dataSetDigest, sha256 } from '#core/digest.ts';
import { InvalidInputError } from '#core/errors.ts';
import { MAXIMUM_DAMAGED_SHARE } from '#core/image-files.ts';
import { decodeImage, readImageFile } from './image.ts';
import { type ImageFile, listImages, listLabelFolders } from './label-folders.ts';
import { createRowStore, type RowStore } from './row-store.ts';

/** Images decoded to the network's size, in the order of their ids. */
export interface Images {
  /** `<label>/<file name>` of each image, the file name alone where images have no labels. */
  ids: string[];
  input: Input;
  /** Over the sorted (id, SHA-256) pairs of the files that were read; see `core/digest.ts`. */
  digest: string;
  /** Number of images, the damaged ones not counted. */
  size: number;
  /** Files that could not be read and were left out. */
  damaged: { id: string; reason: string }[];
  /** Pixels of these images, in this order: indices.length × height × width × 3 values in 0…255. */
  gather(indices: ArrayLike<number>): Uint8Array;
  /** Frees the pixels' memory or disk space. */
  close(): void;
}

/** Images of labelled classes, in the order of labels and file names. */
export interface DataSet extends Images {
  /** In the order of the network's outputs. */
  labels: string[];
  /** Index into `labels` of each image. */
  classIndices: Int32Array;
}

/** Images that were read from files. */
export interface LoadedImages extends Images {
  /** Of each image's file, so that it can be decoded again, at another size. */
  paths: string[];
  /** Of each image's file, as it was decoded. */
  contents: { sha256: string; size: number }[];
}

export interface LoadedDataSet extends LoadedImages, DataSet {
  /** Names of files beside the classes' folders, which were left out. */
  beside: string[];
}

export interface LoadOptions {
  /** The classes and their order; the folders must be exactly these. All folders, sorted, when left out. */
  labels?: readonly string[];
  /** More damaged files than this share of all are an error. `MAXIMUM_DAMAGED_SHARE` when left out. */
  maxDamagedShare?: number;
  /** Fewer readable images than this in any class are an error. 1 when left out. */
  minimumPerClass?: number;
  /** Pixels that need more go to disk. They stay in memory, however many, when left out. */
  memoryBytes?: number;
  onProgress?: (done: number, total: number) => void;
  /** When it aborts, its reason is thrown. */
  signal?: AbortSignal;
}

/**
 * Loads `<root>/<label>/<image>`. Files are read and decoded a few at a time, so that memory never holds all
 * files. It holds the small decoded images only up to `memoryBytes`.
 *
 * @throws NotFoundError, InvalidInputError naming the folder, label or files that are wrong, and the remedy
 */
export async function loadDataSet(
  root: string,
  input: Input,
  options: LoadOptions = {},
): Promise<LoadedDataSet> {
  const { labels, files, beside } = await listLabelFolders(root, options.labels);
  const { images, decoded } = await decodeAll(root, files, input, options);
  const classIndices = Int32Array.from(images, (image) => image.classIndex);
  const data: LoadedDataSet = { ...decoded, labels, classIndices, beside };
  requireImagesPerClass(data, options.minimumPerClass ?? 1, root);
  return data;
}

/**
 * Loads `<root>/<image>`, images without labels, as `loadDataSet` does.
 *
 * @returns undefined where there is no such folder
 * @throws InvalidInputError naming the folder or files that are wrong, and the remedy
 */
export async function loadImages(
  root: string,
  input: Input,
  options: Omit<LoadOptions, 'labels' | 'minimumPerClass'> = {},
): Promise<LoadedImages | undefined> {
  const files = await listImages(root);
  return files && (await decodeAll(root, files, input, options)).decoded;
}

async function decodeAll(root: string, files: readonly ImageFile[], input: Input, options: LoadOptions) {
  const rowBytes = input.height * input.width * 3;
  const pixels = createRowStore(files.length, rowBytes, options.memoryBytes ?? Number.POSITIVE_INFINITY);
  try {
    const { images, damaged } = await readAll(files, input, pixels, options);
    refuseManyDamaged(root, damaged, files.length, options.maxDamagedShare);
    return { images, decoded: asLoadedImages(pixels, images, damaged, input) };
  } catch (error) {
    pixels.close();
    throw error;
  }
}

function asLoadedImages(
  pixels: RowStore,
  images: readonly Image[],
  damaged: DataSet['damaged'],
  input: Input,
): LoadedImages {
  return {
    ids: images.map((image) => image.id),
    paths: images.map(({ path }) => path),
    contents: images.map(({ sha256, size }) => ({ sha256, size })),
    input,
    digest: dataSetDigest(images),
    size: images.length,
    damaged,
    gather: (indices) => gather(pixels, images, indices, input),
    close: pixels.close,
  };
}

/**
 * @throws InvalidInputError naming the first class with fewer than `minimum` images, `what` naming the data
 * set
 */
export function requireImagesPerClass(
  data: Pick<DataSet, 'labels' | 'classIndices' | 'damaged'>,
  minimum: number,
  what = 'the data set',
) {
  const counts = new Int32Array(data.labels.length);
  for (const index of data.classIndices) counts[index]!++;
  const poorest = counts.findIndex((count) => count < minimum);
  if (poorest < 0) return;
  const count = counts[poorest]!;
  const readable = data.damaged.length > 0 ? ' readable' : '';
  throw new InvalidInputError(
    `The class "${data.labels[poorest]}" in "${what}" has ${count === 0 ? 'no' : `only ${count}`}${readable} image${count === 1 ? '' : 's'}, and ${minimum} are needed`,
    { hint: 'Add images to its folder, or remove the class.' },
  );
}

/** `row`: where its pixels are. */
type Image = ImageFile & { sha256: string; size: number; row: number };

async function readAll(files: readonly ImageFile[], input: Input, pixels: RowStore, options: LoadOptions) {
  const results: (Image | { id: string; reason: string })[] = new Array(files.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < files.length) {
      options.signal?.throwIfAborted();
      const index = next++;
      results[index] = await read(files[index]!, index, input, pixels);
      options.onProgress?.(++done, files.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(16, 2 * availableParallelism()) }, worker));
  const images: Image[] = [];
  const damaged: { id: string; reason: string }[] = [];
  for (const result of results) {
    if ('row' in result) images.push(result);
    else damaged.push(result);
  }
  return { images, damaged };
}

async function read(
  file: ImageFile,
  row: number,
  input: Input,
  pixels: RowStore,
): Promise<Image | { id: string; reason: string }> {
  let decoded: { sha256: string; size: number; pixels: Uint8Array };
  try {
    const bytes = await readImageFile(file.path);
    decoded = { sha256: sha256(bytes), size: bytes.length, pixels: await decodeImage(bytes, input) };
  } catch (error) {
    return { id: file.id, reason: (error as Error).message };
  }
  const { sha256: digest, size } = decoded;
  pixels.write(decoded.pixels, row);
  return { ...file, sha256: digest, size, row };
}

/** @throws InvalidInputError naming some of them, when they are more than this share of all */
export function refuseManyDamaged(
  root: string,
  damaged: DataSet['damaged'],
  total: number,
  limit = MAXIMUM_DAMAGED_SHARE,
) {
  if (damaged.length === 0 || damaged.length / total <= limit) return;
  const shown = damaged.slice(0, 3).map(({ id, reason }) => `"${id}": ${reason}`);
  if (damaged.length > shown.length) shown.push(`and ${damaged.length - shown.length} more`);
  throw new InvalidInputError(
    `${damaged.length} of the ${total} images in "${root}" cannot be read: ${shown.join('; ')}`,
    { hint: `Repair or remove them; up to ${Math.round(limit * 100)} % are left out with a warning.` },
  );
}

function gather(
  pixels: RowStore,
  images: readonly Image[],
  indices: ArrayLike<number>,
  input: Input,
): Uint8Array {
  const each = input.height * input.width * 3;
  const gathered = new Uint8Array(indices.length * each);
  for (let i = 0; i < indices.length; i++) {
    const image = images[indices[i]!];
    if (!image) throw new RangeError(`no image ${indices[i]} in a data set of ${images.length}`);
    gathered.set(pixels.read(image.row, image.row + 1), i * each);
  }
  return gathered;
}
