import type { FeatureRows } from './feature-rows.ts';

/** Mean and inverse deviation of each feature. */
export interface Scaling {
  mean: Float64Array;
  inverse: Float64Array;
}

const BLOCK_ROWS = 4_096;

/**
 * How each of several heads standardises its features: by the rows that it learns from, which are all rows
 * except those that it holds out.
 *
 * @param heldOutBy head that holds the row out, or -1
 */
export function standardise(features: FeatureRows, heldOutBy: Int8Array, heads: number): Scaling[] {
  const { rows, width } = features;
  // The last sums are over the rows that all heads learn from, the others over the rows that one head holds
  // out.
  const sums = Array.from({ length: heads + 1 }, () => ({
    count: 0,
    values: new Float64Array(width),
    squares: new Float64Array(width),
  }));
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const to = Math.min(rows, from + BLOCK_ROWS);
    const block = features.read(from, to);
    for (let row = from, at = 0; row < to; row++) {
      const head = heldOutBy[row]!;
      const sum = sums[head < 0 ? heads : head]!;
      sum.count++;
      for (let i = 0; i < width; i++, at++) {
        const value = block[at]!;
        sum.values[i]! += value;
        sum.squares[i]! += value * value;
      }
    }
  }
  return Array.from({ length: heads }, (_, head) => {
    const learnt = sums.filter((_sum, which) => which !== head);
    const count = learnt.reduce((all, sum) => all + sum.count, 0);
    const mean = new Float64Array(width);
    const variance = new Float64Array(width);
    for (let i = 0; i < width; i++) {
      mean[i] = learnt.reduce((all, sum) => all + sum.values[i]!, 0) / count;
      const square = learnt.reduce((all, sum) => all + sum.squares[i]!, 0) / count;
      variance[i] = Math.max(0, square - mean[i]! ** 2);
    }
    // The floor of 1 % of the mean variance keeps features that are nearly constant in training from
    // dominating on new images.
    const floor = 0.01 * (variance.reduce((all, value) => all + value, 0) / width) + 1e-12;
    return { mean, inverse: variance.map((value) => 1 / Math.sqrt(value + floor)) };
  });
}
