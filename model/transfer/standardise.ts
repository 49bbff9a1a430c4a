import type { FeatureRows } from './feature-rows.ts';

/** What brings each feature to mean 0 and the same deviation. */
export interface Scaling {
  mean: Float64Array;
  /** Factors. */
  inverse: Float64Array;
}

const BLOCK_ROWS = 1_024;
/**
 * Width at which standardised features keep their deviation of 1. With the factor √(1024 / width) a row has
 * the same length whatever its width, and a strength of regularisation the same effect.
 */
const REFERENCE_WIDTH = 1_024;

/**
 * How features are standardised: by all rows, also those that a head holds out. They take part without their
 * classes.
 */
export function standardise(features: FeatureRows): Scaling {
  const { rows, width } = features;
  const mean = new Float64Array(width);
  const variance = new Float64Array(width);
  for (const block of blocksOf(features)) {
    for (let at = 0; at < block.length; ) for (let i = 0; i < width; i++) mean[i]! += block[at++]! / rows;
  }
  for (const block of blocksOf(features)) {
    for (let at = 0; at < block.length; ) {
      for (let i = 0; i < width; i++) variance[i]! += (block[at++]! - mean[i]!) ** 2 / rows;
    }
  }
  // The floor of 1 % of the mean variance keeps features that are nearly constant in training from
  // dominating on new images.
  const floor = 0.01 * (variance.reduce((all, value) => all + value, 0) / width) + 1e-12;
  const length = Math.sqrt(REFERENCE_WIDTH / width);
  return { mean, inverse: variance.map((value) => length / Math.sqrt(value + floor)) };
}

function* blocksOf(features: FeatureRows): Generator<Float32Array> {
  for (let from = 0; from < features.rows; from += BLOCK_ROWS) {
    yield features.read(from, Math.min(features.rows, from + BLOCK_ROWS));
  }
}

/** Changes nothing. */
export const unscaled = (width: number): Scaling => ({
  mean: new Float64Array(width),
  inverse: new Float64Array(width).fill(1),
});
