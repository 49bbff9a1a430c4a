import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { activate, activationGradient, rectify } from '#model/tensorflow/kernels/activation.ts';
import { computeOn, describeOnFastBackends, expectSameAsPlain, random } from './backends.ts';

const shape: [number, number, number, number] = [2, 3, 3, 4];

describeOnFastBackends('gradient before an activation', (backend) => {
  it.each(['none', 'relu', 'relu6'] as const)('is that of plain JavaScript: %s', async (activation) => {
    await expectSameAsPlain(backend, () => {
      const y = activate(tf.mul(random<tf.Rank.R4>(shape, 1), 5), activation);
      return tf.clone(activationGradient(random<tf.Rank.R4>(shape, 2), y, activation));
    });
  });

  it('rectifies as TensorFlow.js does, with its gradient, and none at 0', async () => {
    const x = () => tf.concat([random<tf.Rank.R4>(shape, 1), tf.zeros<tf.Rank.R4>(shape)]);
    const dy = () => random<tf.Rank.R4>([4, 3, 3, 4], 2);
    const both = (operation: (x: tf.Tensor4D) => tf.Tensor) => () => {
      const { value, grad } = tf.valueAndGrad(operation as (x: tf.Tensor) => tf.Tensor)(x(), dy());
      return [value, grad];
    };

    await expectSameAsPlain(
      backend,
      both(rectify),
      both((x) => tf.relu(x)),
    );
    const [, gradient] = await computeOn(backend, both(rectify));
    expect([...gradient!.slice(gradient!.length / 2)].every((value) => value === 0)).toBe(true);
  });
});
