import type { Input } from '#core/contracts/common.ts';
import { createRandom } from '#core/random.ts';

/** Largest shift as a share of the side. */
const SHIFT = 1 / 12;
/** Largest change of brightness, in 0…255. */
const BRIGHTNESS = 24;
/** Largest change of contrast. */
const CONTRAST = 0.15;

/**
 * Images in the form that the network takes (`pixel × scale + offset`), each mirrored (half of them), shifted and made lighter
 * or darker at random. Whole pixels only, so that it costs next to nothing beside a training step; fine-tuning, which has few
 * images and time for each, uses `augment`.
 *
 * @param pixels n × height × width × 3 values in 0…255
 * @param seeds what determines the variation, one seed for each image
 * @returns n × height × width × 3 values
 */
export function varyBatch(pixels: Uint8Array, input: Input, seeds: readonly string[]): Float32Array {
  const { height, width, channels, normalisation } = input;
  const values = new Float32Array(pixels.length);
  const size = height * width * channels;
  const columns = new Int32Array(width);
  for (const [n, seed] of seeds.entries()) {
    const random = createRandom('vary', seed);
    const mirrored = random.next() < 0.5;
    const right = Math.round(random.between(-SHIFT, SHIFT) * width);
    const down = Math.round(random.between(-SHIFT, SHIFT) * height);
    const contrast = 1 + random.between(-CONTRAST, CONTRAST);
    const brightness = random.between(-BRIGHTNESS, BRIGHTNESS) + 128 * (1 - contrast);
    const scale = contrast * normalisation.scale;
    const offset = brightness * normalisation.scale + normalisation.offset;
    for (let x = 0; x < width; x++) {
      const source = within(x + right, width);
      columns[x] = (mirrored ? width - 1 - source : source) * channels;
    }
    for (let y = 0, at = n * size; y < height; y++) {
      const row = n * size + within(y + down, height) * width * channels;
      for (let x = 0; x < width; x++) {
        const from = row + columns[x]!;
        for (let c = 0; c < channels; c++) values[at++] = pixels[from + c]! * scale + offset;
      }
    }
  }
  return values;
}

/** Beyond the border the border goes on: no black edges that a network could learn. */
const within = (index: number, size: number) => Math.max(0, Math.min(size - 1, index));
