/** Arithmetic on rows of logits that lie one after the other in one array. */
export interface LogitRows {
  /** Whether no logit of the row is higher than that of class `truth`. */
  isHighest(row: number, truth: number): boolean;
  /** Cross-entropy of class `truth` in nats, with the logits multiplied by `scale`. */
  crossEntropy(row: number, truth: number, scale?: number): number;
  /**
   * Cross-entropy of class `truth` in nats. Writes `weight` times its gradient by the logits (probabilities
   * less truth) into `gradient` at the row's place.
   */
  writeGradient(row: number, truth: number, weight: number, gradient: Float32Array): number;
}

/**
 * Loops instead of array functions: they run once for each row, head and pass.
 *
 * @param logits rows × labelCount values
 */
export function logitRows(logits: Float32Array, labelCount: number): LogitRows {
  const highestOf = (from: number) => {
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = from; i < from + labelCount; i++) if (logits[i]! > highest) highest = logits[i]!;
    return highest;
  };
  return {
    isHighest: (row, truth) => logits[row * labelCount + truth]! >= highestOf(row * labelCount),
    crossEntropy(row, truth, scale = 1) {
      const from = row * labelCount;
      const highest = highestOf(from);
      let sum = 0;
      for (let i = from; i < from + labelCount; i++) sum += Math.exp(scale * (logits[i]! - highest));
      return Math.log(sum) - scale * (logits[from + truth]! - highest);
    },
    writeGradient(row, truth, weight, gradient) {
      const from = row * labelCount;
      const highest = highestOf(from);
      let sum = 0;
      for (let i = from; i < from + labelCount; i++) sum += Math.exp(logits[i]! - highest);
      const normaliser = highest + Math.log(sum);
      for (let i = from; i < from + labelCount; i++) {
        const probability = Math.exp(logits[i]! - normaliser);
        gradient[i] = weight * (i === from + truth ? probability - 1 : probability);
      }
      return normaliser - logits[from + truth]!;
    },
  };
}
