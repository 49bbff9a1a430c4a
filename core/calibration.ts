/** One prediction: the probability of the label that was predicted, and whether it was the right one. */
export interface Confidence {
  /** In [0, 1]. */
  confidence: number;
  right: boolean;
}

/** As many bins as Guo et al. use. */
const BINS = 15;

/**
 * Expected calibration error (Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3): the
 * mean distance between confidence and accuracy over 15 bins of equal width, weighted by their predictions.
 * For few predictions it is too high, because every bin's accuracy is uncertain.
 *
 * @returns in [0, 1]; 0 for no predictions
 */
export function expectedCalibrationError(predictions: readonly Confidence[]): number {
  const gaps = new Float64Array(BINS);
  for (const { confidence, right } of predictions) {
    const bin = Math.min(BINS - 1, Math.floor(confidence * BINS));
    gaps[bin]! += confidence - (right ? 1 : 0);
  }
  if (predictions.length === 0) return 0;
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / predictions.length;
}
