import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import { toTensor } from '../data/tensors.ts';
import { infer } from './infer.ts';

export { isUnsure, rankLabels, UNSURE_ABOVE } from './answer.ts';

/** A model's outputs for n images. */
export interface Outputs {
  /** n × labelCount values in [0, 1]. */
  probabilities: Float32Array;
  /** n values in [0, 1], see `isUnsure`; undefined where the model has no such output. */
  outOfDomain: Float64Array | undefined;
}

/**
 * All outputs for decoded images, from one forward pass.
 *
 * @param pixels n × height × width × 3 values in 0…255
 */
export function predictPixels(model: LayersModel, pixels: Uint8Array, input: Input): Promise<Outputs> {
  return predictTensor(model, toTensor(pixels, input));
}

/**
 * All outputs for images as the network takes them, from one forward pass.
 *
 * @param x shape [n, height, width, 3]; it is disposed
 */
export async function predictTensor(model: LayersModel, x: tf.Tensor4D): Promise<Outputs> {
  const outputs = tf.tidy(() => {
    const all = infer(model, x);
    x.dispose();
    return all;
  });
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
