import { join } from 'node:path';
import { type Texts, textAt } from './texts.ts';

/**
 * Encoded images of labelled classes on disk, in about fifty bytes each and their names: a million fit into
 * little memory. All buffers are shared, so that a thread that gets the list copies nothing.
 */
export interface ImageList {
  /** The folder of the labels' folders, or of the shards. */
  root: string;
  /** In the order of the network's outputs. */
  labels: string[];
  size: number;
  /** Index into `labels` of each image. They ascend. */
  classIndices: Int32Array;
  /** Names in the label's folder or in the shard, within a class in the order of code units of the ids. */
  names: Texts;
  /** Where images in tar shards are; undefined for images that are files. */
  shards?: ShardPlaces | undefined;
}

export interface ShardPlaces {
  /** Names in `root`, sorted. */
  names: string[];
  /** Of each image: index into `names`, and place and length in the shard in bytes. */
  indices: Uint16Array;
  offsets: Float64Array;
  lengths: Uint32Array;
}

/** `<label>/<file name>`, or `<label>/<shard>/<member>`. */
export function idOf(list: ImageList, image: number): string {
  const label = list.labels[list.classIndices[image]!]!;
  const name = textAt(list.names, image);
  const { shards } = list;
  return shards === undefined
    ? `${label}/${name}`
    : `${label}/${shards.names[shards.indices[image]!]}/${name}`;
}

/** Path of an image's file, or of the shard that it is in. */
export function pathOf(list: ImageList, image: number): string {
  const { root, shards } = list;
  if (shards !== undefined) return join(root, shards.names[shards.indices[image]!]!);
  return join(root, list.labels[list.classIndices[image]!]!, textAt(list.names, image));
}

export const sharedInt32 = (length: number) => new Int32Array(new SharedArrayBuffer(4 * length));
export const sharedUint32 = (length: number) => new Uint32Array(new SharedArrayBuffer(4 * length));
export const sharedUint16 = (length: number) => new Uint16Array(new SharedArrayBuffer(2 * length));
export const sharedFloat64 = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length));
export const sharedBytes = (length: number) => new Uint8Array(new SharedArrayBuffer(length));

/** The values at these places, in the target. */
export function pick<Column extends Int32Array | Uint32Array | Uint16Array | Float64Array>(
  from: ArrayLike<number>,
  keep: ArrayLike<number>,
  into: Column,
): Column {
  for (let i = 0; i < keep.length; i++) into[i] = from[keep[i]!]!;
  return into;
}
