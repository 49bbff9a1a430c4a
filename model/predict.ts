import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { decodeImage } from './image.ts';
import { infer } from './infer.ts';
import { toTensor } from './tensors.ts';

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
  const output = tf.tidy(() => infer(model, toTensor(pixels, n, input))[0] as tf.Tensor2D);
  try {
    return (await output.data()) as Float32Array;
  } finally {
    output.dispose();
  }
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
