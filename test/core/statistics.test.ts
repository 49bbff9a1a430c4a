import { describe, expect, test } from 'vitest';
import { areaUnderRoc, conformalBound, mcnemarExact, wilsonInterval } from '#core/statistics.ts';

describe('wilsonInterval', () => {
  // Newcombe, 1998, Statistics in Medicine 17:857–872, table I, method 3 (score without continuity
  // correction).
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i is %f to %f, as Newcombe has it', (successes, trials, lower, upper) => {
    const interval = wilsonInterval(successes, trials);

    expect(interval.lower).toBeCloseTo(lower, 4);
    expect(interval.upper).toBeCloseTo(upper, 4);
  });

  test('stays within 0 and 1, and is symmetric', () => {
    for (const trials of [1, 2, 7, 1000]) {
      for (let successes = 0; successes <= trials; successes++) {
        const { lower, upper } = wilsonInterval(successes, trials);
        const mirrored = wilsonInterval(trials - successes, trials);
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(upper).toBeLessThanOrEqual(1);
        expect(lower).toBeCloseTo(1 - mirrored.upper, 12);
      }
    }
  });

  test('narrows with the number of trials', () => {
    const widths = [10, 100, 1000].map((n) => {
      const { lower, upper } = wilsonInterval(n / 2, n);
      return upper - lower;
    });
    expect(widths).toEqual([...widths].sort((a, b) => b - a));
  });

  test.each([
    [1, 0],
    [-1, 10],
    [11, 10],
  ])('refuses %i of %i', (successes, trials) => {
    expect(() => wilsonInterval(successes, trials)).toThrow(RangeError);
  });
});

describe('mcnemarExact', () => {
  // Binomial tails of a fair coin, by counting: P(X ≥ better), n = better + worse.
  test.each([
    [1, 0, 1 / 2],
    [5, 0, 1 / 32],
    [10, 0, 1 / 1024],
    [8, 2, 56 / 1024],
    [9, 3, 299 / 4096],
    [0, 3, 1],
    [0, 0, 1],
  ])('%i against %i is %f', (better, worse, p) => {
    expect(mcnemarExact(better, worse)).toBeCloseTo(p, 12);
  });

  // Agresti, Categorical Data Analysis (1990), approval of the prime minister: 86 and 150 discordant answers.
  test('agrees with the two-sided p of 86 and 150 discordant pairs', () => {
    // Summed in integers: 2 Σ C(236, k) / 2^236 over k = 150 … 236.
    expect(2 * mcnemarExact(150, 86)).toBeCloseTo(3.716e-5, 7);
  });

  test('neither overflows nor underflows with many pairs', () => {
    expect(mcnemarExact(5000, 5000)).toBeCloseTo(0.504, 3);
    expect(mcnemarExact(10_000, 0)).toBeGreaterThanOrEqual(0);
    expect(mcnemarExact(0, 10_000)).toBeCloseTo(1, 9);
  });
});

describe('areaUnderRoc', () => {
  // By counting pairs: a higher score from outside counts 1, an equal one ½.
  test.each([
    [[0.1, 0.2], [0.3, 0.4], 1],
    [[0.3, 0.4], [0.1, 0.2], 0],
    [[0.1, 0.4], [0.2, 0.5], 3 / 4],
    [[0.5, 0.5, 0.5], [0.5], 1 / 2],
    [[0.1, 0.5], [0.5], 3 / 4],
    [[1, 2, 2, 3], [2, 2, 4], (2 * (1 + 1 / 2 + 1 / 2) + 4) / 12],
    [[0.2], [0.1, 0.2, 0.3, 0.3], (1 / 2 + 2) / 4],
  ])('%j inside, %j outside: %f', (inside, outside, area) => {
    expect(areaUnderRoc(inside, outside)).toBe(area);
    expect(areaUnderRoc(outside, inside)).toBeCloseTo(1 - area, 12);
  });

  test('has no answer without scores of both kinds', () => {
    expect(() => areaUnderRoc([], [1])).toThrow(RangeError);
    expect(() => areaUnderRoc([1], [])).toThrow(RangeError);
  });
});

describe('conformalBound', () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => n - i);

  // The ⌈(n + 1) × share⌉-th smallest of 1 … n is that number itself.
  test.each([
    [1, 0.95, 1],
    [18, 0.95, 18],
    [19, 0.95, 19],
    [20, 0.95, 20],
    [39, 0.95, 38],
    [99, 0.9, 90],
    [99, 0.5, 50],
    [100, 1, 100],
  ])('of %i scores %f stay within the %i-th', (n, share, rank) => {
    expect(conformalBound(upTo(n), share)).toBe(rank);
  });

  test('has no answer without scores', () => {
    expect(() => conformalBound([], 0.95)).toThrow(RangeError);
  });
});
