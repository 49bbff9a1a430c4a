import { describe, expect, test } from 'vitest';
import {
  addRow,
  asLayer,
  combine,
  createSums,
  distanceOf,
  statisticsOf,
} from '#model/unsure/class-statistics.ts';

/**
 * Two classes of two rows each around (0, 0) and (4, 0): of the first feature mean 2 and variance 5, of the
 * second 0 and 1.
 */
const rows: [label: number, row: number[]][] = [
  [0, [-1, 1]],
  [0, [1, -1]],
  [1, [3, 1]],
  [1, [5, -1]],
];
const sumsOf = (some: typeof rows) => {
  const sums = createSums(2, 2);
  for (const [label, row] of some) addRow(sums, label, Float32Array.from(row));
  return sums;
};
const distance = (row: number[], images = 2) =>
  distanceOf(statisticsOf(sumsOf(rows), 1, images), Float32Array.from(row));
/** 1 % of the mean variance, which lies under every feature. */
const FLOOR = 0.03;

describe('distanceOf', () => {
  test('is the squared distance from the nearest class, less half of that from the middle, per feature', () => {
    const [first, second] = [5 + FLOOR, 1 + FLOOR];

    expect(distance([0, 0])).toBeCloseTo((0 - 0.5 * (4 / first)) / 2, 9);
    expect(distance([2, 3])).toBeCloseTo((4 / first + 9 / second - 0.5 * (9 / second)) / 2, 9);
    expect(distance([7, 0])).toBeCloseTo((9 / first - 0.5 * (25 / first)) / 2, 9);
  });

  test('grows with a feature that the classes hardly have', () => {
    const near = distance([0, 1]);

    expect(distance([0, 3])).toBeGreaterThan(near);
    expect(distance([0, 10])).toBeGreaterThan(distance([0, 3]));
  });

  test('forgives a class of few images that its mean is less certain', () => {
    const some = [...rows, [1, [4, 0]], [1, [4, 0]]] as typeof rows;
    const { weights } = statisticsOf(sumsOf(some), 1, 3);

    // (1 + 1/3) over 1 + 1/2 and 1 + 1/4.
    expect([...weights]).toEqual([8 / 9, 16 / 15]);
    const twoVariants = statisticsOf(sumsOf(some), 2, 1.5).weights;
    expect(twoVariants[0]).toBeCloseTo(5 / 3 / 2, 12);
    expect(twoVariants[1]).toBeCloseTo(5 / 3 / 1.5, 12);
  });

  test('knows nothing of a class whose images are all held out', () => {
    const { weights } = statisticsOf(sumsOf(rows.slice(0, 2)), 1, 2);

    expect(weights[1]).toBe(0);
    expect(distanceOf(statisticsOf(sumsOf(rows.slice(0, 2)), 1, 2), Float32Array.of(4, 0))).toBeGreaterThan(
      1,
    );
  });
});

test('sums of a part can be taken away again', () => {
  const without = combine([
    { sums: sumsOf(rows), sign: 1 },
    { sums: sumsOf(rows.slice(1, 3)), sign: -1 },
  ]);

  expect(without).toEqual(sumsOf([rows[0]!, rows[3]!]));
});

test('a layer computes the same distance', () => {
  const statistics = statisticsOf(sumsOf(rows), 1, 2);
  const { kernel, bias } = asLayer(statistics);
  for (const row of [
    [0, 0],
    [2, 3],
    [7, -1],
  ]) {
    const z = row.map((value, i) => (value - statistics.mean[i]!) / Math.sqrt(statistics.variance[i]!));
    const inputs = [...z, ...z.map((value) => value * value)];
    const outputs = bias.map((start, label) =>
      inputs.reduce((sum, value, i) => sum + value * kernel[i * 2 + label]!, start),
    );
    expect(-Math.max(...outputs)).toBeCloseTo(distanceOf(statistics, Float32Array.from(row)), 5);
  }
});
