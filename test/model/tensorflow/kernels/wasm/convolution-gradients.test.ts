import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { expectSameAsPlain, random } from '../backends.ts';

type Convolution = {
  x: [number, number, number, number];
  filter: [number, number, number, number];
  stride: number | [number, number];
  pad: 'same' | 'valid' | number;
};

const convolutions: Convolution[] = [
  { x: [2, 8, 8, 3], filter: [3, 3, 3, 4], stride: 1, pad: 'same' },
  { x: [3, 7, 5, 4], filter: [3, 3, 4, 6], stride: 1, pad: 'valid' },
  { x: [2, 9, 7, 2], filter: [5, 3, 2, 3], stride: 1, pad: 'same' },
  { x: [2, 6, 6, 2], filter: [2, 2, 2, 3], stride: 1, pad: 'same' },
  { x: [2, 6, 9, 2], filter: [1, 1, 2, 5], stride: 1, pad: 'same' },
  { x: [2, 6, 6, 2], filter: [3, 3, 2, 3], stride: 1, pad: 1 },
  { x: [2, 6, 6, 2], filter: [2, 2, 2, 3], stride: 1, pad: 2 },
  { x: [2, 9, 8, 3], filter: [3, 3, 3, 4], stride: 2, pad: 'same' },
  { x: [2, 9, 8, 3], filter: [3, 3, 3, 4], stride: 2, pad: 'valid' },
  { x: [2, 11, 10, 2], filter: [3, 2, 2, 4], stride: [2, 3], pad: 'valid' },
  { x: [2, 9, 8, 3], filter: [1, 1, 3, 4], stride: 2, pad: 'same' },
  { x: [2, 8, 9, 3], filter: [1, 1, 3, 4], stride: [2, 3], pad: 'valid' },
  { x: [2, 13, 12, 3], filter: [7, 7, 3, 4], stride: 2, pad: 3 },
  { x: [2, 8, 8, 3], filter: [3, 3, 3, 4], stride: 2, pad: 1 },
  { x: [1, 3, 3, 1], filter: [3, 3, 1, 1], stride: 1, pad: 'valid' },
];

describe('gradients of a convolution on WebAssembly', () => {
  it.each(convolutions)(
    'are those of plain JavaScript: $x * $filter, stride $stride, pad $pad',
    async (c) => {
      await expectSameAsPlain('wasm', () => {
        const [x, filter] = [random<tf.Rank.R4>(c.x, 1), random<tf.Rank.R4>(c.filter, 2)];
        const convolve = (a: tf.Tensor4D, f: tf.Tensor4D) => tf.conv2d(a, f, c.stride, c.pad);
        const dy = random<tf.Rank.R4>(convolve(x, filter).shape, 3);
        return tf.grads(convolve as (...args: tf.Tensor[]) => tf.Tensor)([x, filter], dy);
      });
    },
  );
});
