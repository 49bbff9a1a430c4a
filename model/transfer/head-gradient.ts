import type { HeadSize } from './head-weights.ts';
import type { Scaling } from './standardise.ts';

/**
 * Adds the gradients of one block of rows: `Xᵀ R` for the kernels, and the sums of the columns of R for the
 * biases.
 *
 * @param gradients of each head: kernel (width × labelCount values), then bias (labelCount values)
 * @param product `Xᵀ R`, width × heads × labelCount values
 * @param byLogits R, the gradient of the losses by the logits, rows × heads × labelCount values
 */
export function addBlockGradient(
  gradients: readonly Float64Array[],
  product: Float32Array,
  byLogits: Float32Array,
  { width, labelCount }: HeadSize,
): void {
  const columns = gradients.length * labelCount;
  for (const [head, gradient] of gradients.entries()) {
    const first = head * labelCount;
    const add = (from: number, values: Float32Array, at: number) => {
      for (let label = 0; label < labelCount; label++) gradient[from + label]! += values[at + label]!;
    };
    for (let i = 0; i < width; i++) add(i * labelCount, product, i * columns + first);
    for (let at = first; at < byLogits.length; at += columns) add(width * labelCount, byLogits, at);
  }
}

/**
 * Makes a gradient by a kernel for raw features, in place, one by the kernel for standardised features:
 * `inverse × (Xᵀ R − mean × ΣR)`.
 */
export function standardiseGradient(gradient: Float64Array, { mean, inverse }: Scaling, labelCount: number) {
  const width = mean.length;
  for (let i = 0; i < width; i++) {
    for (let label = 0; label < labelCount; label++) {
      const at = i * labelCount + label;
      const sum = gradient[width * labelCount + label]!;
      gradient[at] = inverse[i]! * (gradient[at]! - mean[i]! * sum);
    }
  }
}

/**
 * Adds the gradient of the penalty, which is half the squared kernel times `regularisation`.
 *
 * @param weights number of the kernel's values, which come before the bias
 * @returns the penalty
 */
export function addPenalty(
  gradient: Float64Array,
  point: Float64Array,
  { weights, regularisation }: { weights: number; regularisation: number },
): number {
  let squares = 0;
  for (let at = 0; at < weights; at++) {
    gradient[at]! += regularisation * point[at]!;
    squares += point[at]! ** 2;
  }
  return (regularisation / 2) * squares;
}
