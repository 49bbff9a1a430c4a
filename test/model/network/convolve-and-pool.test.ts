import * as tf from '@tensorflow/tfjs-core';
import { it } from 'vitest';
import { convolveAndPool } from '#model/network/convolve-and-pool.ts';
import { describeOnFastBackends, expectSameAsPlain, random } from '../tensorflow/kernels/backends.ts';

/**
 * Images, height, width, inputs, outputs. Odd sides lose their last row or column; 6 outputs have no kernel.
 */
const shapes = [
  [2, 32, 32, 3, 12],
  [3, 16, 16, 12, 24],
  [2, 8, 8, 24, 48],
  [17, 4, 4, 48, 96],
  [2, 7, 9, 5, 8],
  [3, 5, 4, 3, 16],
  [2, 2, 2, 1, 4],
  [1, 2, 3, 4, 20],
  [2, 6, 6, 3, 6],
] as const;

type Images = tf.Tensor4D;
const separately = (x: Images, filter: Images) => tf.maxPool(tf.conv2d(x, filter, 1, 'same'), 2, 2, 'valid');

describeOnFastBackends('convolveAndPool', (backend) => {
  it.each(shapes)(
    'is plain JavaScript’s convolution and pooling: %d × %d × %d × %d → %d',
    async (...shape) => {
      const [n, height, width, inputs, outputs] = shape;
      const withGradients = (operation: (x: Images, filter: Images) => Images) => () => {
        const x = random<tf.Rank.R4>([n, height, width, inputs], 1);
        const filter = random<tf.Rank.R4>([3, 3, inputs, outputs], 2);
        const y = operation(x, filter);
        const dy = random<tf.Rank.R4>(y.shape, 3);
        return [y, ...tf.grads(operation as (...args: tf.Tensor[]) => tf.Tensor)([x, filter], dy)];
      };
      await expectSameAsPlain(
        backend,
        withGradients((x, filter) => convolveAndPool(x, filter, false)),
        withGradients(separately),
      );
    },
  );

  it('leaves out the gradient of the data', async () => {
    const onData = (operation: (x: Images, filter: Images) => Images) => () => {
      const x = random<tf.Rank.R4>([2, 8, 8, 3], 1);
      return tf.grad((filter) => operation(x, filter as Images))(random<tf.Rank.R4>([3, 3, 3, 8], 2));
    };
    await expectSameAsPlain(
      backend,
      onData((x, filter) => convolveAndPool(x, filter, true)),
      onData(separately),
    );
  });
});
