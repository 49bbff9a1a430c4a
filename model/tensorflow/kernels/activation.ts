import * as tf from '@tensorflow/tfjs-core';

/** What follows a batch normalisation: nothing, `max(0, x)`, or `min(6, max(0, x))`. */
export type Activation = 'none' | 'relu' | 'relu6';

const FUNCTIONS: Readonly<Record<Activation, (x: tf.Tensor4D) => tf.Tensor4D>> = {
  none: (x) => x,
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
};

export const activate = (x: tf.Tensor4D, activation: Activation): tf.Tensor4D => FUNCTIONS[activation](x);

/** The gradient before an activation, from the gradient behind it and its output. */
export function activationGradient(dy: tf.Tensor4D, y: tf.Tensor4D, activation: Activation): tf.Tensor4D {
  if (activation === 'none') return dy;
  const positive = tf.step(y);
  if (activation === 'relu') return tf.mul(dy, positive);
  return tf.mul(dy, tf.mul(positive, tf.step(tf.sub(6, y))));
}
