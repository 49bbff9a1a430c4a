import type { Input } from '#core/contracts/common.ts';
import { createRandom, type Random } from '#core/random.ts';
import { channelsOf } from '../prepare.ts';
import { type Affine, compose, randomCrop, toGeometry } from './affine.ts';
import { brighten, contrast, type Pixels, saturate } from './colours.ts';
import { drawRandAugment } from './randaugment.ts';
import { resample, type Size } from './resample.ts';

/**
 * Sides up to which a crop keeps at least half of the image: less shows nothing of a picture of 32 pixels.
 */
const SMALL = 64;
const LEAST_AREA = { small: 0.5, large: 0.08 } as const;
/** Of the factors of brightness, contrast and colour, from 1. */
const CHANGE = 0.4;

/** Three values of each pixel, as they are. */
const PLAIN = { gains: Float64Array.of(1, 1, 1), offsets: Float64Array.of(0, 0, 0), step: 3 } as const;
const PLACES = Int32Array.of(0, 1, 2);

interface Variation {
  input: Input;
  seed: string;
}

/** A random crop, mirrored or not, with other brightness, contrast and colour. */
export function varyAsUsual(
  pixels: Uint8Array,
  values: Float32Array,
  from: number,
  { input, seed }: Variation,
): void {
  const random = createRandom('standard', seed);
  const image = cut(pixels, from, input, crop(random, input));
  const factors = [0, 1, 2].map(() => random.between(1 - CHANGE, 1 + CHANGE));
  for (const [i, change] of random.shuffle([brighten, contrast, saturate]).entries()) {
    change(image, factors[i]!);
  }
  prepareInto(image, values, from, input);
}

/** A random crop, mirrored or not, with two operations of RandAugment; those that move pixels come first. */
export function varyByRandAugment(
  pixels: Uint8Array,
  values: Float32Array,
  from: number,
  { input, seed }: Variation,
): void {
  const random = createRandom('randaugment', seed);
  let affine = crop(random, input);
  const draws = drawRandAugment(random, input);
  for (const draw of draws) if ('affine' in draw) affine = compose(affine, draw.affine);
  const image = cut(pixels, from, input, affine);
  for (const draw of draws) if ('recolour' in draw) draw.recolour(image);
  prepareInto(image, values, from, input);
}

function crop(random: Random, size: Size): Affine {
  const small = Math.max(size.height, size.width) <= SMALL;
  return randomCrop(random, size, LEAST_AREA[small ? 'small' : 'large']);
}

function cut(pixels: Uint8Array, from: number, { height, width }: Size, affine: Affine): Pixels {
  const image = new Float32Array(height * width * 3);
  const geometry = { height, width, ...toGeometry(affine, { height, width }) };
  resample(pixels, from, geometry, { ...PLAIN, values: image, places: PLACES });
  return image;
}

/** Writes the image as the network takes it. */
function prepareInto(image: Pixels, values: Float32Array, from: number, input: Input) {
  for (const [colour, { scale, offset, first, step }] of channelsOf(input).entries()) {
    for (let at = colour, to = from + first; at < image.length; at += 3, to += step) {
      values[to] = image[at]! * scale + offset;
    }
  }
}
