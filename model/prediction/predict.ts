import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { decodeImage } from '../data/image.ts';
import { toTensor } from '../data/tensors.ts';
import { infer } from './infer.ts';

/** What a model says about some images. */
export interface Outputs {
  /** n × classes values in [0, 1]. */
  probabilities: Float32Array;
  /** n values in [0, 1], see `isUnsure`; undefined where the model has no such output. */
  outOfDomain: Float64Array | undefined;
}

/**
 * Both outputs for images that are decoded already, from one forward pass.
 *
 * @param pixels n × height × width × 3 values in 0…255
 */
export async function predictOutputs(
  model: LayersModel,
  pixels: Uint8Array,
  n: number,
  input: Input,
): Promise<Outputs> {
  const outputs = tf.tidy(() => infer(model, toTensor(pixels, n, input)));
  try {
    const [probabilities, beyond] = await Promise.all(
      outputs.map(async (output) => (await output.data()) as Float32Array),
    );
    return {
      probabilities: probabilities!,
      // The logistic function keeps the order and puts the threshold at one half.
      outOfDomain: beyond && Float64Array.from(beyond, (value) => 1 / (1 + Math.exp(-value))),
    };
  } finally {
    tf.dispose(outputs);
  }
}

/** Where the threshold lies, however far out it is in features. */
export const UNSURE_ABOVE = 0.5;
/** Whether an image is so far from the domain's classes that it is taken for none of them. */
export const isUnsure = (outOfDomain: number) => outOfDomain > UNSURE_ABOVE;

/**
 * Probabilities of images that are decoded already, a batch at a time.
 *
 * @param pixels n × height × width × 3 values in 0…255
 * @returns n × classes values in [0, 1]
 */
export async function predictPixels(
  model: LayersModel,
  pixels: Uint8Array,
  n: number,
  input: Input,
): Promise<Float32Array> {
  return (await predictOutputs(model, pixels, n, input)).probabilities;
}

/**
 * Probabilities of one encoded image (JPEG, PNG or WebP), in the order of the model's labels.
 *
 * @throws InvalidInputError when it is no such image
 */
export async function predictImage(
  model: LayersModel,
  image: Uint8Array | string,
  input: Input,
): Promise<Float32Array> {
  return predictPixels(model, await decodeImage(image, input), 1, input);
}

/** Labels with their probabilities, most probable first; equal ones in the order of the labels. */
export function rankLabels(
  probabilities: ArrayLike<number>,
  labels: readonly string[],
): PredictionResponse['predictions'] {
  if (probabilities.length !== labels.length) {
    throw new RangeError(`${probabilities.length} probabilities for ${labels.length} labels`);
  }
  return labels
    .map((label, i) => ({ label, probability: Math.min(1, Math.max(0, probabilities[i]!)) }))
    .sort((a, b) => b.probability - a.probability);
}
