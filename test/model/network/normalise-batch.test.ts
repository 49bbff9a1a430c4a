import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { normaliseBatch } from '#model/network/normalise-batch.ts';
import type { Activation } from '#model/tensorflow/kernels/activation.ts';
import {
  computeOn,
  describeOnFastBackends,
  expectSameAsPlain,
  random,
} from '../tensorflow/kernels/backends.ts';

const EPSILON = 1e-3;
type Normalise = (x: tf.Tensor4D, gamma: tf.Tensor1D, beta: tf.Tensor1D) => tf.Tensor4D;

/** What TensorFlow.js computes and derives by itself. */
const asTensorFlowDoes =
  (activation: Activation): Normalise =>
  (x, gamma, beta) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]) as { mean: tf.Tensor1D; variance: tf.Tensor1D };
    const y = tf.batchNorm4d(x, mean, variance, beta, gamma, EPSILON);
    return activation === 'none' ? y : activation === 'relu' ? tf.relu(y) : tf.relu6(y);
  };

const asGraftDoes =
  (activation: Activation): Normalise =>
  (x, gamma, beta) => {
    const { y, mean, variance } = normaliseBatch(x, gamma, beta, { epsilon: EPSILON, activation });
    tf.dispose([mean, variance]);
    return y;
  };

function withGradients(normalise: Normalise, shape: [number, number, number, number]) {
  return () => {
    const channels = shape[3];
    const x = tf.add(tf.mul(random<tf.Rank.R4>(shape, 1), 3), 2) as tf.Tensor4D;
    // Some values reach the upper limit of 6.
    const [gamma, beta] = [
      tf.mul(random<tf.Rank.R1>([channels], 2), 3) as tf.Tensor1D,
      tf.add(random<tf.Rank.R1>([channels], 3), 2) as tf.Tensor1D,
    ];
    const derive = tf.grads(normalise as (...args: tf.Tensor[]) => tf.Tensor);
    return [normalise(x, gamma, beta), ...derive([x, gamma, beta], random<tf.Rank.R4>(shape, 4))];
  };
}

/** 5 channels have no kernel, the others have one with 1, 2, 3 or 4 vectors at a time. */
const shapes: [number, number, number, number][] = [
  [3, 5, 4, 12],
  [2, 4, 4, 4],
  [5, 2, 2, 24],
  [2, 3, 3, 40],
  [7, 1, 1, 96],
  [4, 3, 2, 5],
];

describeOnFastBackends('normaliseBatch', (backend) => {
  it.each(shapes)(
    'agrees with the derived gradient of the plain operations: %d × %d × %d × %d',
    async (...shape) => {
      for (const activation of ['none', 'relu', 'relu6'] as const) {
        await expectSameAsPlain(
          backend,
          withGradients(asGraftDoes(activation), shape),
          withGradients(asTensorFlowDoes(activation), shape),
        );
      }
    },
  );

  it('reports mean and biased variance of each channel', async () => {
    const [mean, variance] = await computeOn(backend, () => {
      const x = tf.tensor4d([1, 10, 0, 0, 3, 10, 0, 8], [2, 1, 1, 4]);
      const result = normaliseBatch(x, tf.ones([4]), tf.zeros([4]), {
        epsilon: EPSILON,
        activation: 'relu',
      });
      const copies = [tf.clone(result.mean), tf.clone(result.variance)];
      tf.dispose([result.mean, result.variance]);
      return copies;
    });
    expect([...mean!]).toEqual([2, 10, 0, 4]);
    expect([...variance!]).toEqual([1, 0, 0, 16]);
  });
});

it('normaliseBatch agrees with the derived gradient where there are no kernels', async () => {
  const shape = shapes[0]!;
  for (const activation of ['none', 'relu', 'relu6'] as const) {
    await expectSameAsPlain(
      'cpu',
      withGradients(asGraftDoes(activation), shape),
      withGradients(asTensorFlowDoes(activation), shape),
    );
  }
});
