import * as tf from '@tensorflow/tfjs-core';
import { activate, activationGradient } from '../tensorflow/kernels/activation.ts';
import {
  hasBatchNormalisation,
  type NormalisationOptions,
  normaliseAndActivate,
  normaliseAndActivateGradient,
} from '../tensorflow/kernels/batch-normalisation.ts';

export interface NormalisedBatch {
  /** Same shape as the input. */
  y: tf.Tensor4D;
  /** Of each channel over the batch, shape [channels]; the caller disposes both. */
  mean: tf.Tensor1D;
  variance: tf.Tensor1D;
}

/**
 * Batch normalisation in training followed by an activation: `y = activation(gamma × (x − mean) /
 * √(variance + epsilon) + beta)` with the batch's own mean and (biased) variance per channel (Ioffe &
 * Szegedy, 2015, algorithm 1). Differentiable in x, gamma and beta; the gradient is the closed form of their
 * section 3. The gradient of `tf.batchNorm` copies the parameters to the size of x, and takes longer than the
 * convolutions.
 *
 * @param x shape [n, height, width, channels]
 * @param gamma shape [channels]
 * @param beta shape [channels]
 */
export function normaliseBatch(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: NormalisationOptions,
): NormalisedBatch {
  let statistics: tf.Tensor1D[] = [];
  const operation = tf.customGrad((...args) => {
    const [$x, $gamma, $beta, save] = args as unknown as [
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.GradSaveFunc,
    ];
    const [y, mean, variance] = forward($x, $gamma, $beta, options);
    statistics = [tf.keep(mean), tf.keep(variance)];
    save([$x, $gamma, y, mean, variance]);
    return { value: y, gradFunc: (dy, saved) => backward(dy as tf.Tensor4D, saved, options) };
  });
  const y = operation(x, gamma, beta) as tf.Tensor4D;
  return { y, mean: statistics[0]!, variance: statistics[1]! };
}

function forward(x: tf.Tensor4D, gamma: tf.Tensor1D, beta: tf.Tensor1D, options: NormalisationOptions) {
  if (hasBatchNormalisation(gamma.size)) return normaliseAndActivate(x, gamma, beta, options);
  const { mean, variance } = tf.moments(x, [0, 1, 2]) as { mean: tf.Tensor1D; variance: tf.Tensor1D };
  const y = activate(tf.batchNorm4d(x, mean, variance, beta, gamma, options.epsilon), options.activation);
  return [y, mean, variance] as const;
}

function backward(dy: tf.Tensor4D, saved: tf.Tensor[], options: NormalisationOptions) {
  const [x, gamma, y, mean, variance] = saved as [
    tf.Tensor4D,
    tf.Tensor1D,
    tf.Tensor4D,
    tf.Tensor1D,
    tf.Tensor1D,
  ];
  if (hasBatchNormalisation(gamma.size)) {
    return normaliseAndActivateGradient({ dy, x, y, gamma, mean, variance }, options);
  }
  const count = x.size / mean.size;
  const masked = activationGradient(dy, y, options.activation);
  const deviation = tf.rsqrt(tf.add(variance, options.epsilon));
  const normalised = tf.mul(tf.sub(x, mean), deviation);
  const dBeta = tf.sum(masked, [0, 1, 2]);
  const dGamma = tf.sum(tf.mul(masked, normalised), [0, 1, 2]);
  const centred = tf.sub(tf.sub(masked, tf.div(dBeta, count)), tf.mul(normalised, tf.div(dGamma, count)));
  const dx = tf.mul(centred, tf.mul(gamma, deviation));
  return [dx, dGamma, dBeta];
}
