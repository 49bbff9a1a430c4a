/**
 * Share of the squared distance from the mean of all images that is subtracted from the squared distance from
 * the nearest class. Lee et al. (NeurIPS 2018) find images of none of the classes by class means with one
 * covariance for all classes; here each feature has a variance of its own but no covariance, which cannot be
 * estimated from few images. Ren et al. (2021, arXiv:2106.09022) subtract the distance from the mean of all
 * images, because an image far from everything often only has large features. Subtracting half of it
 * separates best on the demonstration, see `bench/unsure.ts`.
 */
const DISCOUNT = 0.5;
/**
 * Least variance of a feature, as a share of the mean variance: it keeps features that are nearly constant in
 * training from dominating on new images.
 */
const VARIANCE_FLOOR = 0.01;

/**
 * Sums over rows of features, from which means and variances follow. The sums of a part can be subtracted
 * again.
 */
export interface ClassSums {
  width: number;
  /** Rows of each class. */
  rows: Float64Array;
  /** labelCount × width values. */
  sums: Float64Array;
  /** Over the rows of all classes; width values. */
  squares: Float64Array;
}

export const createSums = (labelCount: number, width: number): ClassSums => ({
  width,
  rows: new Float64Array(labelCount),
  sums: new Float64Array(labelCount * width),
  squares: new Float64Array(width),
});

export function addRow(
  { width, rows, sums, squares }: ClassSums,
  classIndex: number,
  row: Float32Array,
): void {
  rows[classIndex]!++;
  for (let i = 0; i < width; i++) {
    const value = row[i]!;
    sums[classIndex * width + i]! += value;
    squares[i]! += value * value;
  }
}

/** Adds up sums: sign 1 adds, −1 subtracts. */
export function combine(parts: readonly { sums: ClassSums; sign: 1 | -1 }[]): ClassSums {
  const first = parts[0]!.sums;
  const result = createSums(first.rows.length, first.width);
  for (const { sums, sign } of parts) {
    for (const name of ['rows', 'sums', 'squares'] as const) {
      const [to, from] = [result[name], sums[name]];
      for (let i = 0; i < to.length; i++) to[i]! += sign * from[i]!;
    }
  }
  return result;
}

/** Means and variances of the classes' features. */
export interface ClassStatistics {
  width: number;
  /** Of each feature. */
  mean: Float64Array;
  variance: Float64Array;
  /** Of the standardised features, labelCount × width values. */
  means: Float64Array;
  /** Weight of each class's squared distance: see `statisticsOf`. 0 for a class without rows. */
  weights: Float64Array;
}

/**
 * @param variants rows of each image
 * @param images number of images of a class whose weight is 1. The mean of m images has itself an error of 1
 *   / m of the variance, so a squared distance from it is 1 + 1 / m times too large: without weights, classes
 *   with few images would seem farther than those with many.
 */
export function statisticsOf(sums: ClassSums, variants: number, images: number): ClassStatistics {
  const { width } = sums;
  const total = sums.rows.reduce((sum, rows) => sum + rows, 0);
  const mean = new Float64Array(width);
  for (let label = 0; label < sums.rows.length; label++) {
    for (let i = 0; i < width; i++) mean[i]! += sums.sums[label * width + i]! / total;
  }
  const raw = sums.squares.map((square, i) => Math.max(0, square / total - mean[i]! ** 2));
  const floor = VARIANCE_FLOOR * (raw.reduce((sum, value) => sum + value, 0) / width) + 1e-12;
  const variance = raw.map((value) => value + floor);
  return {
    width,
    mean,
    variance,
    means: sums.sums.map((sum, at) => {
      const [label, i] = [Math.floor(at / width), at % width];
      return sums.rows[label] === 0 ? 0 : (sum / sums.rows[label]! - mean[i]!) / Math.sqrt(variance[i]!);
    }),
    weights: sums.rows.map((rows) => (1 + 1 / images) / (1 + variants / rows)),
  };
}

/**
 * The squared distance of a row from the nearest class's mean, less half of its squared distance from the
 * mean of all rows, divided by the number of features.
 *
 * @param discount another share than half, for comparisons
 * @returns the higher, the farther from all classes
 */
export function distanceOf(
  statistics: ClassStatistics,
  row: Float32Array,
  discount: number = DISCOUNT,
): number {
  const { width, mean, variance, means, weights } = statistics;
  const z = mean.map((value, i) => (row[i]! - value) / Math.sqrt(variance[i]!));
  let nearest = Number.POSITIVE_INFINITY;
  for (let label = 0; label < weights.length; label++) {
    if (weights[label] === 0) continue;
    let squared = 0;
    for (let i = 0; i < width; i++) squared += (z[i]! - means[label * width + i]!) ** 2;
    nearest = Math.min(nearest, weights[label]! * squared);
  }
  return (nearest - discount * z.reduce((sum, value) => sum + value * value, 0)) / width;
}

/**
 * The same as a network's layer: `distanceOf` is `−max over classes of (z, z²) × kernel + bias`.
 *
 * @returns kernel of shape [2 × width, labelCount], row by row, and a bias for each class
 */
export function asLayer({ width, means, weights }: ClassStatistics): {
  kernel: Float32Array;
  bias: Float32Array;
} {
  const labelCount = weights.length;
  const kernel = new Float32Array(2 * width * labelCount);
  const bias = new Float32Array(labelCount);
  for (let label = 0; label < labelCount; label++) {
    const weight = weights[label]! / width;
    for (let i = 0; i < width; i++) {
      const at = means[label * width + i]!;
      kernel[i * labelCount + label] = 2 * weight * at;
      kernel[(width + i) * labelCount + label] = DISCOUNT / width - weight;
      bias[label]! -= weight * at * at;
    }
  }
  return { kernel, bias };
}
