import { describe, expect, it } from 'vitest';
import { augment } from '#model/data/augment.ts';

const size = { height: 12, width: 16 };
const pixels = Uint8Array.from({ length: 12 * 16 * 3 }, (_, i) => (i * 37) % 256);

describe('augment', () => {
  it('leaves variant 0 as it is', () => {
    expect(augment(pixels, size, 'a/1.png', 0, 1)).toEqual(pixels);
  });

  it('gives the same variant for the same image, number and seed, and another one otherwise', () => {
    const variant = augment(pixels, size, 'a/1.png', 1, 1);

    expect(augment(pixels, size, 'a/1.png', 1, 1)).toEqual(variant);
    expect(augment(pixels, size, 'a/1.png', 2, 1)).not.toEqual(variant);
    expect(augment(pixels, size, 'a/1.png', 1, 2)).not.toEqual(variant);
    expect(augment(pixels, size, 'a/2.png', 1, 1)).not.toEqual(variant);
  });

  it('does not touch its input and puts nothing foreign at the borders', () => {
    const flat = new Uint8Array(12 * 16 * 3).fill(120);

    const variants = Array.from({ length: 20 }, (_, i) => augment(flat, size, 'a/1.png', i + 1, 1));

    expect(new Set(flat)).toEqual(new Set([120]));
    for (const variant of variants) {
      // One colour stays one colour, lighter or darker: three values, one for each channel.
      expect(new Set(variant).size).toBeLessThanOrEqual(3);
      expect(Math.min(...variant)).toBeGreaterThan(60);
      expect(Math.max(...variant)).toBeLessThan(190);
    }
  });
});
