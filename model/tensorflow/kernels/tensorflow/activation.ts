import * as tf from '@tensorflow/tfjs-core';
import { ACTIVATION_GRADIENT, type Activation } from '../activation.ts';
import { attributes, type TensorFlowBackend } from './operations.ts';

/** TensorFlow's operations for the gradients of activations, from their outputs. */
const SLOPES = { none: undefined, relu: 'ReluGrad', relu6: 'Relu6Grad' } as const;

/** See `activationGradient`. TensorFlow.js would take six plain operations for it. */
export function gradientBefore(
  backend: TensorFlowBackend,
  { dy, y }: { dy: tf.TensorInfo; y: tf.TensorInfo },
  activation: Activation,
): tf.TensorInfo {
  const slope = SLOPES[activation];
  if (slope === undefined) return dy;
  return backend.executeSingleOutput(slope, [attributes(backend).type('T', 'TF_FLOAT')], [dy, y]);
}

export function registerActivationGradient() {
  tf.registerKernel({
    kernelName: ACTIVATION_GRADIENT,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) =>
      gradientBefore(
        backend as unknown as TensorFlowBackend,
        inputs as { dy: tf.TensorInfo; y: tf.TensorInfo },
        (attrs as unknown as { activation: Activation }).activation,
      ),
  });
}
