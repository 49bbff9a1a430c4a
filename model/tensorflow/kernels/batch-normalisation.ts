import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from './activation.ts';

/** Names of the kernels that compute the two functions below; each backend registers its own. */
export const NORMALISE_BATCH = 'GraftNormaliseBatch';
export const NORMALISE_BATCH_GRADIENT = 'GraftNormaliseBatchGradient';

/** Those of WebAssembly handle four channels at a time. */
const WASM_CHANNELS = 4;

/** Whether the current backend has the kernels, and they fit this number of channels. */
export function hasBatchNormalisation(channels: number): boolean {
  const backend = tf.getBackend();
  if (tf.getKernel(NORMALISE_BATCH, backend) === undefined) return false;
  return backend !== 'wasm' || channels % WASM_CHANNELS === 0;
}

export interface NormaliseBatchInputs extends tf.NamedTensorInfoMap {
  x: tf.TensorInfo;
  gamma: tf.TensorInfo;
  beta: tf.TensorInfo;
}

export interface NormaliseBatchGradientInputs extends tf.NamedTensorInfoMap {
  dy: tf.TensorInfo;
  x: tf.TensorInfo;
  y: tf.TensorInfo;
  gamma: tf.TensorInfo;
  mean: tf.TensorInfo;
  variance: tf.TensorInfo;
}

export interface NormalisationOptions {
  /** What is added to the variance. */
  epsilon: number;
  activation: Activation;
}

/** How the kernels take their options. */
export const optionsOf = (attributes: tf.NamedAttrMap | undefined) =>
  attributes as unknown as NormalisationOptions;

/**
 * `activation(gamma × (x − mean) / √(variance + epsilon) + beta)` with mean and (biased) variance of each
 * channel over the batch.
 *
 * @returns y, mean, variance
 */
export function normaliseAndActivate(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: NormalisationOptions,
) {
  const outputs = tf.engine().runKernel(NORMALISE_BATCH, { x, gamma, beta }, { ...options });
  return outputs as unknown as [y: tf.Tensor4D, mean: tf.Tensor1D, variance: tf.Tensor1D];
}

/** @returns gradients of x, gamma and beta */
export function normaliseAndActivateGradient(
  inputs: Record<'dy' | 'x' | 'y', tf.Tensor4D> & Record<'gamma' | 'mean' | 'variance', tf.Tensor1D>,
  options: NormalisationOptions,
) {
  const outputs = tf.engine().runKernel(NORMALISE_BATCH_GRADIENT, inputs, { ...options });
  return outputs as unknown as [dx: tf.Tensor4D, dGamma: tf.Tensor1D, dBeta: tf.Tensor1D];
}
