import { type ClassStatistics, distanceOf } from '#model/unsure/class-statistics.ts';

/** What a score is computed from, for one image. */
export interface Seen {
  features: Float32Array;
  logits: readonly number[];
}

export interface Known {
  statistics: ClassStatistics;
  /** Standardised features of the training images, each of length 1. */
  neighbours: readonly Float64Array[];
}

/** By name; the higher, the further out. */
export const SCORES: Record<string, (seen: Seen, known: Known) => number> = {
  // Hendrycks, Gimpel (2017), arXiv:1610.02136.
  'maximum softmax probability': ({ logits }) => -Math.exp(Math.max(...logits) - logSumExp(logits)),
  // Liu et al. (2020), arXiv:2010.03759.
  'energy of the logits': ({ logits }) => -logSumExp(logits),
  // Sun et al. (2022), arXiv:2204.06507, with one neighbour.
  'nearest training image': ({ features }, { statistics, neighbours }) => {
    const own = direction(statistics, features);
    return -Math.max(...neighbours.map((other) => other.reduce((sum, value, i) => sum + value * own[i]!, 0)));
  },
  'class means': ({ features }, { statistics }) => distanceOf(statistics, features, 0),
  'class means, relative': ({ features }, { statistics }) => distanceOf(statistics, features, 1),
  'class means, half relative': ({ features }, { statistics }) => distanceOf(statistics, features),
};

/** Standardised and of length 1. */
export function direction({ mean, variance }: ClassStatistics, features: Float32Array): Float64Array {
  const z = mean.map((value, i) => (features[i]! - value) / Math.sqrt(variance[i]!));
  const length = Math.hypot(...z) || 1;
  return z.map((value) => value / length);
}

function logSumExp(logits: readonly number[]): number {
  const highest = Math.max(...logits);
  return highest + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - highest), 0));
}
