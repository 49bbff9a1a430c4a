import * as tf from '@tensorflow/tfjs-core';
import type { Input } from '#core/contracts/common.ts';

/**
 * Pixels as the network takes them: `pixel × scale + offset`.
 *
 * @param pixels n × height × width × 3 values in 0…255
 * @throws RangeError when the values are no whole number of images
 * @returns float32 tensor of shape [n, height, width, 3]; the caller disposes it
 */
export function toTensor(pixels: Uint8Array, input: Input): tf.Tensor4D {
  const { height, width, channels } = input;
  const n = pixels.length / (height * width * channels);
  if (!Number.isInteger(n)) {
    throw new RangeError(`${pixels.length} values are no images of ${height} × ${width} × ${channels}`);
  }
  const values = new Float32Array(pixels.length);
  normalisePixels(pixels, values, { from: 0, to: values.length }, input);
  return tf.tensor4d(values, [n, height, width, channels]);
}

/**
 * Writes `pixel × scale + offset` for the pixels from `from` to before `to`, at the same places of `values`.
 */
export function normalisePixels(
  pixels: Uint8Array,
  values: Float32Array,
  { from, to }: { from: number; to: number },
  { normalisation: { scale, offset } }: Pick<Input, 'normalisation'>,
) {
  for (let i = from; i < to; i++) values[i] = pixels[i]! * scale + offset;
}
