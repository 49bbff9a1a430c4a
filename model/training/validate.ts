import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { CurvePoint } from '#core/contracts/evaluation.ts';
import { augment } from '../data/augment.ts';
import type { DataSet } from '../data/data-set.ts';
import { gatherVariants, type Variants } from '../data/variants.ts';
import { trainingInput } from '../network/input.ts';
import { activate } from '../tensorflow/kernels/activation.ts';
import { yieldToEventLoop } from '../yield-to-event-loop.ts';
import { epsilonOf, forward, type Normalise } from './forward.ts';

const BATCH = 64;
/** A probability of 0 must not make the loss infinite. */
const LEAST_PROBABILITY = 1e-7;

/** Part of a data set that a network in training is measured on. */
export interface ValidationSet {
  data: DataSet;
  variants: Variants;
  /** Rows of `variants`. */
  rows: Int32Array;
}

/**
 * Accuracy, and mean cross-entropy in nats, of a classifier.
 *
 * @param model a network of `buildNetwork`, its outputs in the order of the data set's labels
 * @throws the signal's reason
 */
export async function validate(
  model: LayersModel,
  { data, variants, rows }: ValidationSet,
  signal?: AbortSignal,
): Promise<Pick<CurvePoint, 'validationAccuracy' | 'validationLoss'>> {
  const labelCount = data.labels.length;
  let correct = 0;
  let loss = 0;
  for (let from = 0; from < rows.length; from += BATCH) {
    const batch = rows.subarray(from, from + BATCH);
    const values = augment(gatherVariants(data, batch, variants), trainingInput(data.input));
    const probabilities = await probabilitiesOf(model, values, data.input);
    for (const [i, row] of batch.entries()) {
      const own = probabilities.subarray(i * labelCount, (i + 1) * labelCount);
      const truth = own[data.classIndices[Math.floor(row / variants.perImage)]!]!;
      if (truth === Math.max(...own)) correct++;
      loss -= Math.log(Math.max(truth, LEAST_PROBABILITY));
    }
    await yieldToEventLoop(signal);
  }
  return { validationAccuracy: correct / rows.length, validationLoss: loss / rows.length };
}

/**
 * What a network in training answers, with its running statistics.
 *
 * @param values of shape [n, height, width, 3]
 * @returns shape [n, labelCount]
 */
export async function probabilitiesOf(
  model: LayersModel,
  values: Float32Array,
  { height, width }: Pick<DataSet['input'], 'height' | 'width'>,
): Promise<Float32Array> {
  const probabilities = tf.tidy(() => {
    const x = tf.tensor4d(values, [values.length / (height * width * 3), height, width, 3]);
    return tf.softmax(forward(model, x, withRunningStatistics));
  });
  try {
    return (await probabilities.data()) as Float32Array;
  } finally {
    probabilities.dispose();
  }
}

const withRunningStatistics: Normalise = (map, layer, activation) => {
  const [gamma, beta, mean, variance] = layer.getWeights() as tf.Tensor1D[];
  return activate(tf.batchNorm4d(map, mean!, variance!, beta!, gamma!, epsilonOf(layer)), activation);
};
