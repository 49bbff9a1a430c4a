import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { expectSameAsPlain, random } from '../backends.ts';

/** Rows, inner size, columns: whole tiles, overlapping tiles, and products too small for a tile. */
const sizes = [
  [4, 3, 12],
  [8, 5, 24],
  [7, 9, 29],
  [5, 1, 13],
  [33, 20, 17],
  [3, 8, 40],
  [40, 8, 3],
  [1, 384, 12],
  [1, 1, 1],
] as const;
const transpositions = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

describe('the matrix product on WebAssembly', () => {
  const cases = sizes.flatMap((size) => transpositions.map((flags) => [...size, ...flags] as const));
  it.each(cases)('is that of plain JavaScript: %d × %d × %d, transposed %s %s', async (m, k, n, ta, tb) => {
    await expectSameAsPlain('wasm', () => {
      const a = random<tf.Rank.R2>(ta ? [k, m] : [m, k], 1);
      const b = random<tf.Rank.R2>(tb ? [n, k] : [k, n], 2);
      return tf.matMul(a, b, ta, tb);
    });
  });

  it('handles batches as before', async () => {
    await expectSameAsPlain('wasm', () => [
      tf.matMul(random<tf.Rank.R3>([3, 5, 7], 1), random<tf.Rank.R3>([3, 7, 13], 2)),
      tf.matMul(random<tf.Rank.R3>([1, 5, 7], 1), random<tf.Rank.R3>([1, 13, 7], 2), false, true),
    ]);
  });
});
