import type { Input } from '#core/contracts/common.ts';
import { createRandom } from '#core/random.ts';
import { channelsOf } from '../prepare.ts';

/** Share of a side by which an image is moved, at most: 4 of 32 pixels. */
const LARGEST_SHIFT = 1 / 8;

/**
 * Mirrors half of the images and moves each by whole pixels, up to an eighth of its sides, as He et al.
 * (2015, section 4.2) do with CIFAR's. Beyond its edge the image repeats its border; theirs is padded with
 * zeros.
 *
 * @param from where the image begins in both arrays
 */
export function varyByShift(
  pixels: Uint8Array,
  values: Float32Array,
  from: number,
  { input, seed }: { input: Input; seed: string },
): void {
  const { height, width } = input;
  const random = createRandom('shift', seed);
  const isMirrored = random.next() < 0.5;
  const columns = placesAfter(width, shiftOf(width));
  const rows = placesAfter(height, shiftOf(height));
  if (isMirrored) columns.reverse();
  for (const [colour, { scale, offset, first, step }] of channelsOf(input).entries()) {
    let to = from + first;
    for (const row of rows) {
      const start = from + row * width * 3 + colour;
      for (const column of columns) {
        values[to] = pixels[start + column * 3]! * scale + offset;
        to += step;
      }
    }
  }

  function shiftOf(side: number): number {
    const most = Math.floor(side * LARGEST_SHIFT);
    return random.below(2 * most + 1) - most;
  }
}

/** For each place along a side the one in the source that it shows. */
const placesAfter = (side: number, shift: number): number[] =>
  Array.from({ length: side }, (_, place) => Math.min(side - 1, Math.max(0, place + shift)));
