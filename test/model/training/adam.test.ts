import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { useBackend } from '#model/tensorflow/backend.ts';
import { createAdam } from '#model/training/adam.ts';
import { expectClose } from '../tensorflow/kernels/backends.ts';

it('Adam over plain arrays takes the steps of tf.train.adam', async () => {
  await useBackend('cpu');
  const start = [1, -2, 0.5, 3];
  const gradients = [
    [0.1, -4, 0, 1e-3],
    [0.2, 3, 0, -1e-3],
    [-0.3, 0.5, 0.1, 1e-4],
  ];
  const rates = [0.1, 0.05, 0.2];
  const parameters = Float32Array.from(start);
  const variable = tf.variable(tf.tensor1d(start), true, 'adam-test');
  const adam = createAdam(start.length);

  for (const [step, rate] of rates.entries()) {
    adam.apply(parameters, gradients[step]!, { step, learningRate: rate });
  }

  const reference = tf.train.adam(rates[0]!);
  for (const [step, rate] of rates.entries()) {
    Object.assign(reference, { learningRate: rate });
    reference.applyGradients([{ name: variable.name, tensor: tf.tensor1d(gradients[step]!) }]);
  }
  expectClose(parameters, variable.dataSync());
  expect(parameters).not.toEqual(Float32Array.from(start));
});
