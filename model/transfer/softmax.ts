/**
 * Arithmetic of one row of logits within a larger array. Written out as loops: it runs once for each row, head and pass.
 */

/** Whether no logit is higher than that of the truth. */
export function isHighest(logits: Float32Array, at: number, labels: number, truth: number): boolean {
  const own = logits[at + truth]!;
  for (let label = 0; label < labels; label++) if (logits[at + label]! > own) return false;
  return true;
}

/** Of the truth, in nats, after the logits were multiplied by `scale`. */
export function crossEntropy(
  logits: Float32Array,
  at: number,
  labels: number,
  truth: number,
  scale = 1,
): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let label = 0; label < labels; label++) highest = Math.max(highest, logits[at + label]!);
  let sum = 0;
  for (let label = 0; label < labels; label++) sum += Math.exp(scale * (logits[at + label]! - highest));
  return Math.log(sum) - scale * (logits[at + truth]! - highest);
}

/** Two rows of logits mixed, `share × first + (1 − share) × second`; the same row twice when nothing is mixed. */
export interface Mixture {
  /** Where the logits of each begin. */
  at: readonly [number, number];
  /** Class of each. */
  truth: readonly [number, number];
  /** Of the first, 0…1. */
  share: number;
}

/**
 * Cross-entropy of mixed logits against the mixed and smoothed truth.
 *
 * @param smoothing share of the truth that is spread over all classes, 0…1
 * @param residual becomes the gradient by the mixed logits: probabilities less truth
 */
export function mixedCrossEntropy(
  logits: Float32Array,
  { at, truth, share }: Mixture,
  smoothing: number,
  residual: Float64Array,
): number {
  const labels = residual.length;
  let highest = Number.NEGATIVE_INFINITY;
  let mean = 0;
  for (let label = 0; label < labels; label++) {
    const logit = share * logits[at[0] + label]! + (1 - share) * logits[at[1] + label]!;
    residual[label] = logit;
    mean += logit / labels;
    if (logit > highest) highest = logit;
  }
  let sum = 0;
  for (let label = 0; label < labels; label++) sum += Math.exp(residual[label]! - highest);
  const normaliser = highest + Math.log(sum);
  const wanted = share * residual[truth[0]]! + (1 - share) * residual[truth[1]]!;
  for (let label = 0; label < labels; label++) {
    residual[label] = Math.exp(residual[label]! - normaliser) - smoothing / labels;
  }
  residual[truth[0]]! -= (1 - smoothing) * share;
  residual[truth[1]]! -= (1 - smoothing) * (1 - share);
  return normaliser - (1 - smoothing) * wanted - smoothing * mean;
}
