import { describe, expect, it } from 'vitest';
import { createRandom } from '#core/random.ts';

const take = (n: number, ...seed: (number | string)[]) => {
  const random = createRandom(...seed);
  return Array.from({ length: n }, () => random.next());
};

describe('createRandom', () => {
  it('gives the same numbers for the same seed on every machine', () => {
    expect(take(5, 'a', 1)).toEqual(take(5, 'a', 1));
    expect(take(5, 'a', 1)).not.toEqual(take(5, 'a', 2));
    expect(take(5, 'a', 11)).not.toEqual(take(5, 'a1', 1));
  });

  it('spreads evenly over [0, 1)', () => {
    const counts = new Array<number>(10).fill(0);
    for (const value of take(20_000, 'spread')) counts[Math.floor(value * 10)]!++;

    // 2,000 expected in each tenth, with a deviation of 42.
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  it('has normal numbers of mean 0 and deviation 1', () => {
    const random = createRandom('normal');
    const values = Array.from({ length: 20_000 }, () => random.normal());

    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it('shuffles without losing anything', () => {
    const shuffled = createRandom('shuffle').shuffle([1, 2, 3, 4, 5, 6, 7, 8]);

    expect(shuffled).not.toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(shuffled.sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
