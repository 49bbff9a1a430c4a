import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../activation.ts';
import {
  NORMALISE_BATCH,
  NORMALISE_BATCH_GRADIENT,
  type NormaliseBatchGradientInputs,
  type NormaliseBatchInputs,
  optionsOf,
} from '../batch-normalisation.ts';
import { gradientBefore } from './activation.ts';
import { attributes, type TensorFlowBackend } from './operations.ts';

/** TensorFlow's own fused operations, which TensorFlow.js does not use in training. */
export function registerBatchNormalisation() {
  tf.registerKernel({
    kernelName: NORMALISE_BATCH,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) =>
      tf.tidy(() => {
        const { x, gamma, beta } = inputs as NormaliseBatchInputs;
        const { epsilon, activation } = optionsOf(attrs);
        const native = backend as unknown as TensorFlowBackend;
        // Empty: only inference takes a mean and a variance.
        const none = tf.tensor1d([], 'float32');
        const [normalised, mean, unbiased] = native.executeMultipleOutputs(
          'FusedBatchNormV3',
          fusedAttributes(native, epsilon),
          [x, gamma, beta, none, none],
          6,
        ) as [tf.Tensor, tf.Tensor, tf.Tensor];
        const count = tf.util.sizeFromShape(x.shape) / gamma.shape[0]!;
        return [activate(normalised as tf.Tensor4D, activation), mean, tf.mul(unbiased, (count - 1) / count)];
      }) as tf.TensorInfo[],
  });
  tf.registerKernel({
    kernelName: NORMALISE_BATCH_GRADIENT,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) =>
      tf.tidy(() => {
        const { dy, x, y, gamma, mean, variance } = inputs as NormaliseBatchGradientInputs;
        const { epsilon, activation } = optionsOf(attrs);
        const native = backend as unknown as TensorFlowBackend;
        const behindNormalisation = gradientBefore(native, { dy, y }, activation);
        // On the CPU the operation takes the variance, on a GPU the inverse deviation.
        const spread = native.isUsingGpuDevice ? tf.rsqrt(tf.add(variance as tf.Tensor, epsilon)) : variance;
        return native
          .executeMultipleOutputs(
            'FusedBatchNormGradV3',
            fusedAttributes(native, epsilon),
            [behindNormalisation, x, gamma, mean, spread, tf.tensor1d([], 'float32')],
            5,
          )
          .slice(0, 3);
      }) as tf.TensorInfo[],
  });
}

function fusedAttributes(backend: TensorFlowBackend, epsilon: number) {
  const { type, float, text, bool } = attributes(backend);
  return [
    type('T', 'TF_FLOAT'),
    type('U', 'TF_FLOAT'),
    float('epsilon', epsilon),
    text('data_format', 'NHWC'),
    bool('is_training', true),
  ];
}
