import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as colours from '#model/data/augment/colours.ts';

/**
 * 6 × 5 random pixels, and what Pillow makes of them: `ImageEnhance.Brightness(image).enhance(1.4)`,
 * Contrast 0.6, Color 1.4, Sharpness 0.5, `ImageOps.posterize(image, 4)`, `solarize(image, 128)`,
 * `autocontrast`. `equalise` has more pixels, `many`, of `ImageOps.equalize`: with few it does nothing.
 */
const pillow = JSON.parse(readFileSync(new URL('pillow.json', import.meta.url), 'utf8')) as Record<
  string,
  number[]
>;

const many = Float32Array.from({ length: 20 * 20 * 3 }, (_, i) => ((i * i) % 97) + 60);

const size = { height: 5, width: 6 };

it.each<[string, (image: Float32Array) => void]>([
  ['brighten', (image) => colours.brighten(image, 1.4)],
  ['contrast', (image) => colours.contrast(image, 0.6)],
  ['saturate', (image) => colours.saturate(image, 1.4)],
  ['sharpen', (image) => colours.sharpen(image, 0.5, size)],
  ['posterise', (image) => colours.posterise(image, 4)],
  ['solarise', (image) => colours.solarise(image, 128)],
  ['stretch', colours.stretch],
  ['equalise', colours.equalise],
])('%s does what Pillow does, which rounds every step', (name, operation) => {
  const source = name === 'equalise' ? many : Float32Array.from(pillow.source!);
  const image = source.slice();
  operation(image);
  const differences = pillow[name]!.map((value, i) => Math.abs(value - image[i]!));
  expect(Math.max(...differences)).toBeLessThanOrEqual(1.2);
  expect(image).not.toEqual(source);
});
