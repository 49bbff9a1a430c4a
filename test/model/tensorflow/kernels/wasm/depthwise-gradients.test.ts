import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { computeOn, expectSameAsPlain, random } from '../backends.ts';

type Convolution = {
  x: [number, number, number, number];
  filter: [number, number];
  stride: number | [number, number];
  pad: 'same' | 'valid';
};

/** 3 and 6 channels are no whole vectors. */
const convolutions: Convolution[] = [
  { x: [2, 8, 8, 8], filter: [3, 3], stride: 1, pad: 'same' },
  { x: [3, 7, 5, 12], filter: [3, 3], stride: 1, pad: 'valid' },
  { x: [2, 9, 7, 3], filter: [5, 3], stride: 1, pad: 'same' },
  { x: [2, 9, 8, 4], filter: [3, 3], stride: 2, pad: 'valid' },
  { x: [2, 8, 9, 6], filter: [3, 3], stride: 2, pad: 'same' },
  { x: [2, 11, 10, 4], filter: [2, 3], stride: [2, 2], pad: 'valid' },
  { x: [1, 3, 3, 4], filter: [3, 3], stride: 1, pad: 'valid' },
];

describe('gradients of a depthwise convolution on WebAssembly', () => {
  it.each(convolutions)(
    'are those of plain JavaScript: $x * $filter, stride $stride, pad $pad',
    async (c) => {
      await expectSameAsPlain('wasm', () => {
        const filter = random<tf.Rank.R4>([...c.filter, c.x[3], 1], 2);
        const convolve = (a: tf.Tensor4D, f: tf.Tensor4D) => tf.depthwiseConv2d(a, f, c.stride, c.pad);
        const x = random<tf.Rank.R4>(c.x, 1);
        const dy = random<tf.Rank.R4>(convolve(x, filter).shape, 3);
        return tf.grads(convolve as (...args: tf.Tensor[]) => tf.Tensor)([x, filter], dy);
      });
    },
  );

  it('are refused where no network of ours needs them', async () => {
    const [x, filter] = [random<tf.Rank.R4>([1, 4, 4, 4], 1), random<tf.Rank.R4>([3, 3, 4, 2], 2)];
    const derive = tf.grad((f) => tf.depthwiseConv2d(x, f as tf.Tensor4D, 1, 'same'));
    await expect(computeOn('wasm', () => derive(filter))).rejects.toThrow(/one filter for each channel/);
  });
});
