import * as tf from '@tensorflow/tfjs-core';
import type { Input } from '#core/contracts/common.ts';
import { createRandom } from '#core/random.ts';
import { normalisePixels } from './tensors.ts';

/** Images with what determines how each of them is varied: all that another thread needs to prepare them. */
export interface ImageBatch {
  /** n × height × width × 3 values in 0…255. */
  pixels: Uint8Array;
  /** n seeds. The image without a seed stays as it is. */
  seeds: readonly (string | undefined)[];
}

/**
 * Images as the network takes them (`pixel × scale + offset`), each varied as another photograph might show
 * it: mirrored (half of them), turned by up to 20°, scaled by 0.85…1.15, shifted by up to 8 % of the side,
 * lighter or darker, with another contrast and white balance.
 *
 * It steps through the source along rows instead of computing every place anew, because training varies every
 * image in every step.
 *
 * @returns float32 tensor of shape [n, height, width, 3]; the caller disposes it
 */
export function augment({ pixels, seeds }: ImageBatch, input: Input): tf.Tensor4D {
  const { height, width, channels } = input;
  const values = new Float32Array(pixels.length);
  const size = height * width * channels;
  for (const [n, seed] of seeds.entries()) {
    const from = n * size;
    if (seed === undefined) normalisePixels(pixels, values, { from, to: from + size }, input);
    else vary(pixels, values, from, { input, seed });
  }
  return tf.tensor4d(values, [seeds.length, height, width, channels]);
}

/** Varies the image that begins at `from` in both arrays. */
function vary(
  pixels: Uint8Array,
  values: Float32Array,
  from: number,
  { input, seed }: { input: Input; seed: string },
) {
  const { height, width } = input;
  const random = createRandom('vary', seed);
  const angle = (random.between(-20, 20) * Math.PI) / 180;
  const zoom = random.between(0.85, 1.15);
  const mirror = random.next() < 0.5 ? -1 : 1;
  const centreX = width * (0.5 + random.between(-0.08, 0.08)) - 0.5;
  const centreY = height * (0.5 + random.between(-0.08, 0.08)) - 0.5;
  // How far the place (u, v) in the source moves with one step to the right and one step down in the result.
  const right = { u: (mirror * Math.cos(angle)) / zoom, v: (-mirror * Math.sin(angle)) / zoom };
  const down = { u: Math.sin(angle) / zoom, v: Math.cos(angle) / zoom };

  const { scale, offset } = input.normalisation;
  const contrast = random.between(0.85, 1.15);
  const shift = (random.between(-25, 25) + 128 * (1 - contrast)) * scale + offset;
  const gain = () => contrast * random.between(0.92, 1.08) * scale;
  const gains = [gain(), gain(), gain()];

  const [lastU, lastV] = [width - 1, height - 1];
  const row = width * 3;
  let at = from;
  for (let y = 0; y < height; y++) {
    let u = (y - centreY) * down.u - centreX * right.u + lastU / 2;
    let v = (y - centreY) * down.v - centreX * right.v + lastV / 2;
    for (let x = 0; x < width; x++) {
      // Outside the image its border goes on: there are no black corners that a network could learn.
      const inU = u < 0 ? 0 : u > lastU ? lastU : u;
      const inV = v < 0 ? 0 : v > lastV ? lastV : v;
      const [left, top] = [inU | 0, inV | 0];
      const [fu, fv] = [inU - left, inV - top];
      // The four pixels around the place (a and b above, c and d below), and the share of each.
      const a = from + top * row + left * 3;
      const b = left < lastU ? a + 3 : a;
      const below = top < lastV ? row : 0;
      const shareD = fu * fv;
      const shareC = fv - shareD;
      const shareB = fu - shareD;
      const shareA = 1 - fu - shareC;
      for (let channel = 0; channel < 3; channel++) {
        const value =
          pixels[a + channel]! * shareA +
          pixels[b + channel]! * shareB +
          pixels[a + below + channel]! * shareC +
          pixels[b + below + channel]! * shareD;
        values[at++] = value * gains[channel]! + shift;
      }
      u += right.u;
      v += right.v;
    }
  }
}
