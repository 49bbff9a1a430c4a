import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { computeOn, describeOnFastBackends, expectSameAsPlain, random } from './backends.ts';

type Pooling = { x: [number, number, number, number]; window: number; stride: number; pad: 'same' | 'valid' };

const poolings: Pooling[] = [
  { x: [2, 8, 8, 3], window: 2, stride: 2, pad: 'valid' },
  { x: [2, 9, 7, 5], window: 2, stride: 2, pad: 'valid' },
  { x: [2, 9, 7, 5], window: 2, stride: 2, pad: 'same' },
  { x: [3, 8, 9, 4], window: 3, stride: 2, pad: 'same' },
  { x: [1, 6, 6, 2], window: 3, stride: 1, pad: 'valid' },
  { x: [2, 5, 5, 1], window: 2, stride: 3, pad: 'valid' },
];

describeOnFastBackends('gradient of max pooling', (backend) => {
  it.each(poolings)(
    'is that of plain JavaScript: $x, window $window, stride $stride, pad $pad',
    async (p) => {
      await expectSameAsPlain(backend, () => {
        const x = random<tf.Rank.R4>(p.x, 1);
        const pool = (a: tf.Tensor) => tf.maxPool(a as tf.Tensor4D, p.window, p.stride, p.pad);
        return tf.grad(pool)(x, random<tf.Rank.R4>(pool(x).shape, 2));
      });
    },
  );

  it('goes to the first of equal values', async () => {
    const gradient = await computeOn(backend, () =>
      tf.grad((a) => tf.maxPool(a as tf.Tensor4D, 2, 2, 'valid'))(
        tf.ones([1, 2, 2, 1]),
        tf.tensor4d([[[[5]]]]),
      ),
    );
    expect([...gradient[0]!]).toEqual([5, 0, 0, 0]);
  });
});
