import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';
import { augment } from '../data/augment.ts';
import type { DataSet } from '../data/data-set.ts';
import { varyBatch } from '../data/vary-batch.ts';
import { infer } from '../prediction/infer.ts';
import { yieldToEventLoop } from '../training/hooks.ts';
import { createFeatureRows, type FeatureRows } from './feature-rows.ts';
import { type FeatureBatch, type FeatureResult, featureThreads, inferOnThreads } from './feature-threads.ts';

/** Rows that pass the backbone together: larger batches are no faster, and take more memory. */
const BATCH = 64;

/** Where the general model is cut: from its input to its features, flattened. Shares the general model's weights. */
export interface Backbone {
  /** Name of the layer behind which it is cut. */
  cutLayer: string;
  input: tfl.SymbolicTensor;
  /** Shape [n, width]. */
  features: tfl.SymbolicTensor;
  width: number;
}

/**
 * Cuts the general model behind a layer. A feature map is averaged to 2 × 2 places before it is flattened: where something is still
 * tells, and few images cannot train a head on more.
 *
 * @throws InvalidInputError when there is no such layer
 */
export function cutBackbone(general: tfl.LayersModel, cutLayer: string): Backbone {
  const layer = general.layers.find((candidate) => candidate.name === cutLayer);
  if (!layer) {
    throw new InvalidInputError(`The general model has no layer "${cutLayer}" to cut behind`, {
      hint: `Its layers are ${general.layers.map((candidate) => candidate.name).join(', ')}.`,
    });
  }
  const output = layer.output as tfl.SymbolicTensor;
  const features = output.shape.length === 4 ? flattened(pooled(output)) : output;
  return { cutLayer, input: general.inputs[0]!, features, width: features.shape[1]! };
}

function pooled(map: tfl.SymbolicTensor): tfl.SymbolicTensor {
  const [, height, width] = map.shape as [null, number, number];
  const poolSize: [number, number] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const pooling = tfl.layers.averagePooling2d({ name: 'places', poolSize, padding: 'same' });
  return pooling.apply(map) as tfl.SymbolicTensor;
}

const flattened = (map: tfl.SymbolicTensor) =>
  tfl.layers.flatten({ name: 'flat' }).apply(map) as tfl.SymbolicTensor;

export interface ExtractionOptions {
  /** Of each image; variant 0 is the image itself. */
  variants: number;
  seed: number;
  /** Features that need more go to disk. */
  memoryBytes: number;
  /** See `featureThreads` for what is taken when left out. */
  threads?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Runs every variant of every image through the general model, once, however many cut layers are asked for.
 *
 * @returns for each backbone its features, one row for each variant of each image, those of one image together; the caller closes them
 */
export async function extractFeatures(
  backbones: readonly Backbone[],
  data: DataSet,
  { variants, seed, memoryBytes, signal, threads = featureThreads(data.size * variants) }: ExtractionOptions,
): Promise<FeatureRows[]> {
  // Not disposed: it owns nothing, the layers are the general model's.
  const model = tfl.model({
    inputs: backbones[0]!.input,
    outputs: backbones.map(({ features }) => features),
  });
  const rows = data.size * variants;
  const share = memoryBytes / backbones.length;
  const all = backbones.map(({ width }) => createFeatureRows(rows, width, share));
  const batches = batchesOf(data, variants, seed);
  const keep = ({ start, features }: FeatureResult) => {
    for (const [i, values] of features.entries()) all[i]!.write(values, start);
  };
  try {
    if (threads > 1) await inferOnThreads(model, data.input, threads, batches, keep, signal);
    else await inferHere(model, data.input, batches, keep, signal);
  } catch (error) {
    for (const features of all) features.close();
    throw error;
  }
  return all;
}

/** Rows `image × variants + variant`, a batch at a time. */
function* batchesOf(data: DataSet, variants: number, seed: number): Generator<FeatureBatch, undefined> {
  const rows = data.size * variants;
  for (let start = 0; start < rows; start += BATCH) {
    const length = Math.min(BATCH, rows - start);
    const images = Int32Array.from({ length }, (_, i) => Math.floor((start + i) / variants));
    const seeds = Array.from(images, (image, i) => {
      const variant = (start + i) % variants;
      return variant === 0 ? undefined : `${seed} ${data.ids[image]} ${variant}`;
    });
    yield { start, pixels: data.gather(images), seeds };
  }
  return undefined;
}

async function inferHere(
  model: tfl.LayersModel,
  input: Input,
  batches: Iterable<FeatureBatch>,
  onResult: (result: FeatureResult) => void,
  signal: AbortSignal | undefined,
) {
  const { height, width, channels } = input;
  for (const { start, pixels, seeds } of batches) {
    const outputs = tf.tidy(() => {
      const values = varyBatch(pixels, input, seeds);
      return infer(model, tf.tensor4d(values, [seeds.length, height, width, channels]));
    });
    onResult({ start, features: outputs.map((output) => output.dataSync<'float32'>()) });
    tf.dispose(outputs);
    await yieldToEventLoop(signal);
  }
}

/**
 * Pixels of rows `image × variants + variant`, either a range or a list.
 *
 * @returns rows × height × width × 3 values in 0…255
 */
export function gatherVariants(
  data: DataSet,
  rows: { from: number; to: number } | ArrayLike<number>,
  variants: number,
  seed: number,
): Uint8Array {
  const list = 'from' in rows ? Array.from({ length: rows.to - rows.from }, (_, i) => rows.from + i) : rows;
  const { height, width, channels } = data.input;
  const each = height * width * channels;
  const pixels = new Uint8Array(list.length * each);
  for (let i = 0; i < list.length; i++) {
    const image = Math.floor(list[i]! / variants);
    const source = data.gather([image]);
    pixels.set(augment(source, data.input, data.ids[image]!, list[i]! % variants, seed), i * each);
  }
  return pixels;
}

/** Row numbers of these images: all their variants. */
export function rowsOf(images: ArrayLike<number>, variants: number): Int32Array {
  return Int32Array.from({ length: images.length * variants }, (_, i) => {
    return images[Math.floor(i / variants)]! * variants + (i % variants);
  });
}
