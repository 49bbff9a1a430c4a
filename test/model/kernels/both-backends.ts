import * as tf from '@tensorflow/tfjs-core';
// Registers the gradients of all operations.
import '@tensorflow/tfjs-layers';
import { expect } from 'vitest';
import { type BackendName, useBackend } from '#model/backend.ts';

/** Values of the results of `compute` on one backend; fails when it leaves tensors behind. */
export async function computeOn(
  backend: BackendName,
  compute: () => tf.Tensor | tf.Tensor[],
): Promise<Float32Array[]> {
  await useBackend(backend);
  const before = tf.memory().numTensors;
  const dataIdsBefore = tf.backend().numDataIds();
  const values = tf.tidy(() => [compute()].flat().map((tensor) => tensor.dataSync() as Float32Array));
  expect(tf.memory().numTensors).toBe(before);
  expect(tf.backend().numDataIds()).toBe(dataIdsBefore);
  return values;
}

/** Expects WebAssembly to compute the same as plain JavaScript does, up to rounding. */
export async function expectSameOnBothBackends(
  compute: () => tf.Tensor | tf.Tensor[],
  reference: () => tf.Tensor | tf.Tensor[] = compute,
) {
  const expected = await computeOn('cpu', reference);
  const actual = await computeOn('wasm', compute);
  expect(actual.map((values) => values.length)).toEqual(expected.map((values) => values.length));
  for (const [index, values] of actual.entries()) expectClose(values, expected[index]!);
}

/** Largest difference as a share of the largest value. Float32 has seven digits; sums of thousands lose two. */
const TOLERANCE = 1e-5;

export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = TOLERANCE) {
  let difference = 0;
  let largest = 1e-30;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    difference = Math.max(difference, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  expect(difference / largest).toBeLessThan(tolerance);
}

/** The same values on every backend. */
export const random = <R extends tf.Rank>(shape: tf.ShapeMap[R], seed: number) =>
  tf.randomNormal<R>(shape, 0, 1, 'float32', seed);
