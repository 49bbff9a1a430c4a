import * as tf from '@tensorflow/tfjs-core';

/** What follows a batch normalisation: nothing, `max(0, x)`, or `min(6, max(0, x))`. */
export type Activation = 'none' | 'relu' | 'relu6';

const FUNCTIONS: Readonly<Record<Activation, (x: tf.Tensor4D) => tf.Tensor4D>> = {
  none: (x) => x,
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
};

export const activate = (x: tf.Tensor4D, activation: Activation): tf.Tensor4D => FUNCTIONS[activation](x);

/** Name of the kernel of `activationGradient`, for backends that have an operation for it. */
export const ACTIVATION_GRADIENT = 'GraftActivationGradient';

/** The gradient before an activation, from the gradient behind it and its output. */
export function activationGradient(dy: tf.Tensor4D, y: tf.Tensor4D, activation: Activation): tf.Tensor4D {
  if (activation === 'none') return dy;
  if (tf.getKernel(ACTIVATION_GRADIENT, tf.getBackend())) {
    return tf.engine().runKernel(ACTIVATION_GRADIENT, { dy, y }, { activation }) as tf.Tensor4D;
  }
  const positive = tf.step(y);
  if (activation === 'relu') return tf.mul(dy, positive);
  return tf.mul(dy, tf.mul(positive, tf.step(tf.sub(6, y))));
}

/** `max(0, x)`, with the gradient above: that of `tf.relu` takes as long as a convolution. */
export function rectify(x: tf.Tensor4D): tf.Tensor4D {
  const operation = tf.customGrad((...args) => {
    const [$x, save] = args as unknown as [tf.Tensor4D, tf.GradSaveFunc];
    const value = tf.relu($x);
    save([value]);
    return {
      value,
      gradFunc: (dy, [y]) => activationGradient(dy as tf.Tensor4D, y as tf.Tensor4D, 'relu'),
    };
  });
  return operation(x) as tf.Tensor4D;
}
