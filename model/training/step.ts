import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { InvalidInputError } from '#core/errors.ts';
import { convolveAndPool } from '../network/convolve-and-pool.ts';
import { normaliseBatch } from '../network/normalise-batch.ts';

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

/**
 * One forward and backward pass through a network of `buildNetwork`, with the cheaper gradient of
 * `normaliseBatch`. It changes no weights.
 *
 * @param x normalised images, shape [n, height, width, 3]
 * @param classIndices the class of each image, int32, shape [n]
 */
export function computeGradients(
  model: tfl.LayersModel,
  x: tf.Tensor4D,
  classIndices: tf.Tensor1D,
): Gradients {
  const variables = trainableVariables(model);
  const statistics: Gradients['statistics'] = [];
  let correct: tf.Scalar | undefined;
  const { value, grads } = tf.variableGrads(() => {
    const logits = trainingForward(model, x, statistics);
    correct = tf.keep(tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), classIndices), 'int32')) as tf.Scalar);
    const truth = tf.oneHot(classIndices, logits.shape[1]);
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

/** The network's output before its softmax, with the batch's own statistics in every batch normalisation. */
function trainingForward(
  model: tfl.LayersModel,
  x: tf.Tensor4D,
  statistics: Gradients['statistics'],
): tf.Tensor2D {
  let value: tf.Tensor = x;
  for (const layer of model.layers) {
    const weights = layer.getWeights();
    switch (layer.getClassName()) {
      case 'InputLayer':
      case 'MaxPooling2D': // done by `convolveAndPool`
      case 'ReLU': // done by `normaliseBatch`
        break;
      case 'Conv2D':
        value = convolveAndPool(value as tf.Tensor4D, weights[0] as tf.Tensor4D, value === x);
        break;
      case 'BatchNormalization': {
        const [gamma, beta] = weights as [tf.Tensor1D, tf.Tensor1D];
        const epsilon = layer.getConfig().epsilon as number;
        const { y, mean, variance } = normaliseBatch(value as tf.Tensor4D, gamma, beta, epsilon);
        statistics.push({ layer, mean, variance });
        value = y;
        break;
      }
      case 'Flatten':
        value = tf.reshape(value, [value.shape[0]!, -1]);
        break;
      case 'Dense':
        value = tf.add(tf.matMul(value as tf.Tensor2D, weights[0] as tf.Tensor2D), weights[1]!);
        break;
      default:
        throw new InvalidInputError(
          `Training does not know the layer "${layer.name}" (${layer.getClassName()})`,
          {
            hint: 'Only networks that Graft has built itself can be trained.',
          },
        );
    }
  }
  return value as tf.Tensor2D;
}
