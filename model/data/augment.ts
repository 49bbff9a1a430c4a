import type { Input } from '#core/contracts/common.ts';
import { varyLightly } from './augment/light.ts';
import { varyByShift } from './augment/shift.ts';
import { varyAsUsual, varyByRandAugment } from './augment/standard.ts';
import { prepareInto } from './prepare.ts';

/** Images with what determines how each of them is varied. */
export interface ImageBatch {
  /** n × height × width × 3 values in 0…255. */
  pixels: Uint8Array;
  /** n seeds. The image without a seed stays as it is. */
  seeds: readonly (string | undefined)[];
}

/** How images are varied; `none` leaves them as they are. */
export const AUGMENTATIONS = ['none', 'shift', 'light', 'standard', 'randaugment'] as const;
export type Augmentation = (typeof AUGMENTATIONS)[number];

const VARY = {
  shift: varyByShift,
  light: varyLightly,
  standard: varyAsUsual,
  randaugment: varyByRandAugment,
} as const;

/**
 * Images as the network takes them (see `prepare`), each varied at random as its seed determines.
 *
 * @returns as many values as there are pixels, in the input's layout
 */
export function augment(
  { pixels, seeds }: ImageBatch,
  input: Input,
  augmentation: Augmentation = 'light',
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(pixels.length);
  const size = input.height * input.width * 3;
  for (const [n, seed] of seeds.entries()) {
    if (seed === undefined || augmentation === 'none') prepareInto(pixels, values, n * size, input);
    else VARY[augmentation](pixels, values, n * size, { input, seed });
  }
  return values;
}
