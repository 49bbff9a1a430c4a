import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
// Registers the gradients of all operations.
import '@tensorflow/tfjs-layers';
import { describe, expect } from 'vitest';
import { useBackend } from '#model/tensorflow/backend.ts';
import type { BackendName } from '#model/tensorflow/backend-names.ts';
import { findInstallation } from '#model/tensorflow/installation.ts';

const nativeIsInstalled =
  findInstallation() !== undefined ||
  ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'].some((name) => {
    try {
      createRequire(import.meta.url).resolve(`${name}/package.json`);
      return true;
    } catch {
      return false;
    }
  });

/** Runs the tests on each backend for which Graft has kernels: WebAssembly, and TensorFlow if installed. */
export function describeOnFastBackends(what: string, tests: (backend: BackendName) => void) {
  describe(`${what} on WebAssembly`, () => tests('wasm'));
  if (nativeIsInstalled) describe(`${what} on TensorFlow`, () => tests('tensorflow'));
  else
    describe.skip(`${what} on TensorFlow (not installed: graft backend install)`, () => {
      tests('tensorflow');
    });
}

/** Values of the results of `compute` on one backend; fails when it leaves tensors behind. */
export async function computeOn(
  backend: BackendName,
  compute: () => tf.Tensor | tf.Tensor[],
): Promise<Float32Array[]> {
  await useBackend(backend);
  const before = held();
  const values = tf.tidy(() => [compute()].flat().map((tensor) => tensor.dataSync() as Float32Array));
  expect(held()).toEqual(before);
  return values;
}

/**
 * Tensors of TensorFlow.js and its backend, and those that only the native library knows, where there is one.
 */
function held() {
  const backend = tf.backend() as tf.KernelBackend & { binding?: { getNumOfTensors(): number } };
  const data = backend.numDataIds();
  // A tensor gets its native one when it is first used: weights that nothing has used yet have none.
  const lost = Math.max(0, (backend.binding?.getNumOfTensors() ?? 0) - data);
  return { tensors: tf.memory().numTensors, data, lost };
}

/** Expects a backend to compute the same as plain JavaScript does, up to rounding. */
export async function expectSameAsPlain(
  backend: BackendName,
  compute: () => tf.Tensor | tf.Tensor[],
  reference: () => tf.Tensor | tf.Tensor[] = compute,
) {
  const expected = await computeOn('cpu', reference);
  const actual = await computeOn(backend, compute);
  expect(actual.map((values) => values.length)).toEqual(expected.map((values) => values.length));
  for (const [index, values] of actual.entries()) expectClose(values, expected[index]!);
}

/**
 * Largest difference as a share of the largest value. Float32 has seven digits; sums of thousands lose two.
 */
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
