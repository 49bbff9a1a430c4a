import type { Input } from '#core/contracts/common.ts';
import { createRandom } from '#core/random.ts';
import { channelsOf } from '../prepare.ts';
import { resample } from './resample.ts';

/**
 * Varies an image as another photograph might show it: mirrored (half of them), turned by up to 20°, scaled
 * by 0.85…1.15, shifted by up to 8 % of the side, lighter or darker, with another contrast and white balance.
 *
 * @param from where the image begins in both arrays
 */
export function varyLightly(
  pixels: Uint8Array,
  values: Float32Array,
  from: number,
  { input, seed }: { input: Input; seed: string },
): void {
  const { height, width } = input;
  const random = createRandom('vary', seed);
  const angle = (random.between(-20, 20) * Math.PI) / 180;
  const zoom = random.between(0.85, 1.15);
  const mirror = random.next() < 0.5 ? -1 : 1;
  const geometry = {
    ...{ height, width },
    centreX: width * (0.5 + random.between(-0.08, 0.08)) - 0.5,
    centreY: height * (0.5 + random.between(-0.08, 0.08)) - 0.5,
    right: { u: (mirror * Math.cos(angle)) / zoom, v: (-mirror * Math.sin(angle)) / zoom },
    down: { u: Math.sin(angle) / zoom, v: Math.cos(angle) / zoom },
  };
  const contrast = random.between(0.85, 1.15);
  const shift = random.between(-25, 25) + 128 * (1 - contrast);
  const channels = channelsOf(input);
  resample(pixels, from, geometry, {
    values,
    gains: Float64Array.from(channels, ({ scale }) => contrast * random.between(0.92, 1.08) * scale),
    offsets: Float64Array.from(channels, ({ scale, offset }) => shift * scale + offset),
    places: Int32Array.from(channels, ({ first }) => from + first),
    step: channels[0]!.step,
  });
}
