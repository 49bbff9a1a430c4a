import type { Input } from '#core/contracts/common.ts';
import { createRandom } from '#core/random.ts';

/** Side of a square of the board, in pixels. */
const SQUARE = 8;

/**
 * Synthetic images of the network's size: a gradient, a board of squares and noise. They consist of whole
 * numbers
 * that are the same on every machine, and no decoder touches them, so a model that gives other numbers for
 * them computes differently.
 *
 * @returns `REFERENCE_IMAGES` times height × width × 3 values in 0…255
 */
export function referenceImages({ height, width }: Pick<Input, 'height' | 'width'>): Uint8Array[] {
  const random = createRandom('reference');
  const ramp = (at: number, size: number) => Math.floor((255 * at) / (size - 1));
  const draw = (pixel: (x: number, y: number) => [number, number, number]) => {
    const pixels = new Uint8Array(height * width * 3);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at += 3) pixels.set(pixel(x, y), at);
    }
    return pixels;
  };
  return [
    draw((x, y) => [ramp(x, width), ramp(y, height), 255 - ramp(x, width)]),
    draw((x, y) =>
      (Math.floor(x / SQUARE) + Math.floor(y / SQUARE)) % 2 === 0 ? [230, 90, 20] : [20, 60, 160],
    ),
    draw(() => [random.below(256), random.below(256), random.below(256)]),
  ];
}
