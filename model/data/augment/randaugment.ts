import type { Random } from '#core/random.ts';
import { type Affine, aroundMiddle } from './affine.ts';
import {
  brighten,
  contrast,
  equalise,
  type Pixels,
  posterise,
  saturate,
  sharpen,
  solarise,
  stretch,
} from './colours.ts';
import type { Size } from './resample.ts';

/** What one draw of RandAugment does: it moves pixels, or changes their colours. */
export type Draw = { affine: Affine } | { recolour: (image: Pixels) => void };

/** Operations an image gets. */
const DRAWS = 2;

const SHEAR = 0.09;
/** Share of the side. */
const SHIFT = 0.136;
const ANGLE = (9 * Math.PI) / 180;
/** Of the factors of brightness, contrast, colour and sharpness, from 1. */
const CHANGE = 0.27;
const BITS = 7;
const THRESHOLD = 178.5;

/**
 * RandAugment (Cubuk et al., 2020): two operations an image, drawn from fourteen with equal probability, at
 * magnitude 9 of 30. Operations and their strengths are those of torchvision's `RandAugment`.
 */
export function drawRandAugment(random: Random, size: Size): Draw[] {
  return Array.from({ length: DRAWS }, () => {
    const operation = OPERATIONS[random.below(OPERATIONS.length)]!;
    return operation(random.next() < 0.5 ? -1 : 1, size);
  });
}

const recolour = (operation: (image: Pixels) => void): Draw => ({ recolour: operation });

const linear = (matrix: readonly [number, number, number, number], size: Size): Draw => ({
  affine: aroundMiddle(matrix, size),
});

const shift = (size: Size, by: { x: number; y: number }): Draw => ({
  affine: aroundMiddle([1, 0, 0, 1], size, by),
});

type Operation = (sign: 1 | -1, size: Size) => Draw;

const OPERATIONS: readonly Operation[] = [
  () => recolour(() => {}),
  (sign, size) => linear([1, sign * SHEAR, 0, 1], size),
  (sign, size) => linear([1, 0, sign * SHEAR, 1], size),
  (sign, size) => shift(size, { x: sign * SHIFT * size.width, y: 0 }),
  (sign, size) => shift(size, { x: 0, y: sign * SHIFT * size.height }),
  (sign, size) => {
    const [cosine, sine] = [Math.cos(ANGLE), sign * Math.sin(ANGLE)];
    return linear([cosine, -sine, sine, cosine], size);
  },
  (sign) => recolour((image) => brighten(image, 1 + sign * CHANGE)),
  (sign) => recolour((image) => saturate(image, 1 + sign * CHANGE)),
  (sign) => recolour((image) => contrast(image, 1 + sign * CHANGE)),
  (sign, size) => recolour((image) => sharpen(image, 1 + sign * CHANGE, size)),
  () => recolour((image) => posterise(image, BITS)),
  () => recolour((image) => solarise(image, THRESHOLD)),
  () => recolour(stretch),
  () => recolour(equalise),
];
