import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Images } from '#model/data/data-set.ts';
import { toTensor } from '#model/data/tensors.ts';
import { infer } from '#model/prediction/infer.ts';
import { type ClassStatistics, distanceOf } from '#model/unsure/class-statistics.ts';
import { lastDense } from '#model/unsure/out-of-domain-layers.ts';

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

/** Features and logits of every image. */
export async function look(model: tfl.LayersModel, images: Images): Promise<Seen[]> {
  const head = lastDense(model);
  const backbone = tfl.model({ inputs: model.inputs, outputs: head.input as tfl.SymbolicTensor });
  const [kernel, bias] = head.getWeights().map((weight) => weight.dataSync<'float32'>()) as [
    Float32Array,
    Float32Array,
  ];
  const pixels = images.gather(Array.from({ length: images.size }, (_, i) => i));
  const output = tf.tidy(() => infer(backbone, toTensor(pixels, images.input))[0]!);
  const values = (await output.data()) as Float32Array;
  output.dispose();
  const [width, labelCount] = [kernel.length / bias.length, bias.length];
  return Array.from({ length: images.size }, (_, i) => {
    const features = values.slice(i * width, (i + 1) * width);
    const logits = Array.from(bias, (start, label) =>
      features.reduce((sum, value, k) => sum + value * kernel[k * labelCount + label]!, start),
    );
    return { features, logits };
  });
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
