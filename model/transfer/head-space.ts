import type { FeatureRows } from './feature-rows.ts';
import { type HeadWeights, unstandardise } from './head-weights.ts';
import type { Products } from './products.ts';
import { MOST_ROWS, spanRows } from './row-space.ts';
import { type Scaling, standardise, unscaled } from './standardise.ts';

/** What a head is trained on: features, or their rows' coordinates where these are fewer. */
export interface HeadSpace {
  rows: FeatureRows;
  scaling: Scaling;
  /** A head in this space as one that takes raw features. */
  weights(point: Float64Array, labelCount: number): Promise<HeadWeights>;
}

/** @throws the signal's reason */
export async function headSpace(
  features: FeatureRows,
  products: Products,
  signal?: AbortSignal,
): Promise<HeadSpace> {
  const scaling = standardise(features);
  if (features.rows >= features.width || features.rows > MOST_ROWS) {
    return {
      rows: features,
      scaling,
      weights: async (point, labelCount) => unstandardise(point, scaling, labelCount),
    };
  }
  const { coordinates, kernelOf } = await spanRows(features, scaling, products, signal);
  return {
    rows: coordinates,
    scaling: unscaled(coordinates.width),
    async weights(point, labelCount) {
      const size = coordinates.width * labelCount;
      const kernel = await kernelOf(point.subarray(0, size), labelCount);
      const whole = new Float64Array(kernel.length + labelCount);
      whole.set(kernel);
      whole.set(point.subarray(size), kernel.length);
      return unstandardise(whole, scaling, labelCount);
    },
  };
}
