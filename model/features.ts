import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { InvalidInputError } from '#core/errors.ts';
import { augment } from './augment.ts';
import type { DataSet } from './data-set.ts';
import { breathe } from './early-stopping.ts';
import { toTensor } from './tensors.ts';

const BATCH = 128;

/** Cached outputs of the frozen backbone: one row for each variant of each image, those of one image together. */
export interface Features {
  /** images × variants × width values. */
  values: Float32Array;
  /** Length of one row. */
  width: number;
  variants: number;
}

/** Where the general model is cut: from its input to its features, flattened. Shares the general model's weights. */
export interface Backbone {
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
  return { input: general.inputs[0]!, features, width: features.shape[1]! };
}

function pooled(map: tfl.SymbolicTensor): tfl.SymbolicTensor {
  const [, height, width] = map.shape as [null, number, number];
  const poolSize: [number, number] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const pooling = tfl.layers.averagePooling2d({ name: 'places', poolSize, padding: 'same' });
  return pooling.apply(map) as tfl.SymbolicTensor;
}

const flattened = (map: tfl.SymbolicTensor) =>
  tfl.layers.flatten({ name: 'flat' }).apply(map) as tfl.SymbolicTensor;

/**
 * Runs every variant of every image through the backbone, once.
 *
 * @param variants of each image; see `augment`
 */
export async function extractFeatures(
  backbone: Backbone,
  data: DataSet,
  variants: number,
  seed: number,
  signal?: AbortSignal,
): Promise<Features> {
  // Not disposed: it owns nothing, the layers are the general model's.
  const model = tfl.model({ inputs: backbone.input, outputs: backbone.features });
  const rows = data.size * variants;
  const values = new Float32Array(rows * backbone.width);
  for (let start = 0; start < rows; start += BATCH) {
    const n = Math.min(BATCH, rows - start);
    const pixels = gatherVariants(data, { from: start, to: start + n }, variants, seed);
    const output = tf.tidy(() => model.predict(toTensor(pixels, n, data.input)) as tf.Tensor2D);
    values.set(await output.data(), start * backbone.width);
    output.dispose();
    await breathe(signal);
  }
  return { values, width: backbone.width, variants };
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
