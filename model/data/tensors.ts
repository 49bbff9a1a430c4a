import * as tf from '@tensorflow/tfjs-core';
import type { Input } from '#core/contracts/common.ts';

/**
 * Pixels as the network takes them: `pixel × scale + offset`.
 *
 * @param pixels n × height × width × 3 values in 0…255
 * @returns float32 tensor of shape [n, height, width, 3]; the caller disposes it
 */
export function toTensor(pixels: Uint8Array, n: number, input: Input): tf.Tensor4D {
  const { height, width, channels, normalisation } = input;
  if (pixels.length !== n * height * width * channels) {
    throw new RangeError(`${pixels.length} values are not ${n} images of ${height} × ${width} × ${channels}`);
  }
  const values = new Float32Array(pixels.length);
  const { scale, offset } = normalisation;
  for (let i = 0; i < values.length; i++) values[i] = pixels[i]! * scale + offset;
  return tf.tensor4d(values, [n, height, width, channels]);
}
