import type { Input } from '#core/contracts/common.ts';
import { createRandom } from '#core/random.ts';
import { channelsOf, prepareInto } from './prepare.ts';

/** Images with what determines how each of them is varied. */
export interface ImageBatch {
  /** n × height × width × 3 values in 0…255. */
  pixels: Uint8Array;
  /** n seeds. The image without a seed stays as it is. */
  seeds: readonly (string | undefined)[];
}

/**
 * Images as the network takes them (see `prepare`), each varied as another photograph might show it: mirrored
 * (half of them), turned by up to 20°, scaled by 0.85…1.15, shifted by up to 8 % of the side, lighter or
 * darker, with another contrast and white balance.
 *
 * It steps through the source along rows instead of computing every place anew, because training varies every
 * image in every step.
 *
 * @returns as many values as there are pixels, in the input's layout
 */
export function augment({ pixels, seeds }: ImageBatch, input: Input): Float32Array<ArrayBuffer> {
  const values = new Float32Array(pixels.length);
  const size = input.height * input.width * 3;
  for (const [n, seed] of seeds.entries()) {
    if (seed === undefined) prepareInto(pixels, values, n * size, input);
    else vary(pixels, values, n * size, { input, seed });
  }
  return values;
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

  const contrast = random.between(0.85, 1.15);
  const shift = random.between(-25, 25) + 128 * (1 - contrast);
  const channels = channelsOf(input);
  // Plain numbers in arrays of numbers: with objects or closures the loop below took eight times as long.
  const gains = Float64Array.from(channels, ({ scale }) => contrast * random.between(0.92, 1.08) * scale);
  const offsets = Float64Array.from(channels, ({ scale, offset }) => shift * scale + offset);
  const places = Int32Array.from(channels, ({ first }) => from + first);
  const { step } = channels[0]!;

  const lastU = width - 1;
  const lastV = height - 1;
  const row = width * 3;
  for (let y = 0, pixel = 0; y < height; y++) {
    let u = (y - centreY) * down.u - centreX * right.u + lastU / 2;
    let v = (y - centreY) * down.v - centreX * right.v + lastV / 2;
    for (let x = 0; x < width; x++, pixel++) {
      // Outside the image its border goes on: there are no black corners that a network could learn.
      const inU = u < 0 ? 0 : u > lastU ? lastU : u;
      const inV = v < 0 ? 0 : v > lastV ? lastV : v;
      const left = inU | 0;
      const top = inV | 0;
      const fu = inU - left;
      const fv = inV - top;
      // The four pixels around the place (a and b above, c and d below), and the share of each.
      const a = from + top * row + left * 3;
      const b = left < lastU ? a + 3 : a;
      const c = top < lastV ? a + row : a;
      const d = c + b - a;
      const shareD = fu * fv;
      const shareC = fv - shareD;
      const shareB = fu - shareD;
      const shareA = 1 - fu - shareC;
      for (let colour = 0; colour < 3; colour++) {
        const value =
          pixels[a + colour]! * shareA +
          pixels[b + colour]! * shareB +
          pixels[c + colour]! * shareC +
          pixels[d + colour]! * shareD;
        values[places[colour]! + pixel * step] = value * gains[colour]! + offsets[colour]!;
      }
      u += right.u;
      v += right.v;
    }
  }
}
