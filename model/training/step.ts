import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { normaliseBatch } from '../network/normalise-batch.ts';
import { epsilonOf, forward } from './forward.ts';

/** The results of one forward and backward pass. The caller disposes them with `disposeGradients`. */
export interface Gradients {
  /** Mean cross-entropy of the batch, a scalar. */
  loss: tf.Scalar;
  /** Number of images whose largest output is that of their class, a scalar. */
  correct: tf.Scalar;
  /** One for each of the network's trainable weights, in their order. */
  gradients: tf.Tensor[];
  /** Mean and variance of the batch for each batch normalisation, in the network's order. */
  statistics: { layer: tfl.layers.Layer; mean: tf.Tensor1D; variance: tf.Tensor1D }[];
}

/** What the images of a batch show. */
export interface Truth {
  /** The class of each image, int32, shape [n]. */
  classIndices: tf.Tensor1D;
  /** Probability of each label, shape [n, labelCount], where it is not all or nothing. */
  targets?: tf.Tensor2D;
}

/**
 * One forward and backward pass through a network of `buildNetwork`, with the cheaper gradient of
 * `normaliseBatch`. It changes no weights.
 *
 * @param x normalised images, shape [n, height, width, 3]
 */
export function computeGradients(
  model: tfl.LayersModel,
  x: tf.Tensor4D,
  { classIndices, targets }: Truth,
): Gradients {
  const variables = trainableVariables(model);
  const statistics: Gradients['statistics'] = [];
  let correct: tf.Scalar | undefined;
  const { value, grads } = tf.variableGrads(() => {
    const logits = forward(model, x, (value, layer, activation) => {
      const [gamma, beta] = layer.getWeights() as [tf.Tensor1D, tf.Tensor1D];
      const { y, mean, variance } = normaliseBatch(value, gamma, beta, {
        epsilon: epsilonOf(layer),
        activation,
      });
      statistics.push({ layer, mean, variance });
      return y;
    });
    correct = tf.keep(tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), classIndices), 'int32')) as tf.Scalar);
    const truth = targets ?? tf.oneHot(classIndices, logits.shape[1]);
    return tf.losses.softmaxCrossEntropy(truth, logits) as tf.Scalar;
  }, variables);
  return {
    loss: value,
    correct: correct!,
    gradients: variables.map((variable) => grads[variable.name]!),
    statistics,
  };
}

export function disposeGradients({ loss, correct, gradients, statistics }: Gradients) {
  tf.dispose([loss, correct, gradients]);
  for (const { mean, variance } of statistics) tf.dispose([mean, variance]);
}

/** The weights that training changes by gradients, in the model's order. */
export function trainableVariables(model: tfl.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}
