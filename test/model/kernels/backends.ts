import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
// Registers the gradients of all operations.
import '@tensorflow/tfjs-layers';
import { describe, expect } from 'vitest';
import { type BackendName, useBackend } from '#model/backend.ts';

/** The native backend that is installed here, if any. */
export const nativeBackend: BackendName | undefined = (
  [
    ['tensorflow-gpu', '@tensorflow/tfjs-node-gpu'],
    ['tensorflow', '@tensorflow/tfjs-node'],
  ] as const
).find(([, packageName]) => isInstalled(packageName))?.[0];

function isInstalled(packageName: string): boolean {
  try {
    createRequire(import.meta.url).resolve(`${packageName}/package.json`);
    return true;
  } catch {
    return false;
  }
}

/** Runs the tests on every backend that Graft has kernels for: WebAssembly, and TensorFlow where it is installed. */
export function describeOnFastBackends(what: string, tests: (backend: BackendName) => void) {
  describe(`${what} on WebAssembly`, () => tests('wasm'));
  if (nativeBackend) describe(`${what} on TensorFlow`, () => tests(nativeBackend!));
  else describe.skip(`${what} on TensorFlow (no native backend is installed)`, () => tests('tensorflow'));
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

/** What TensorFlow.js, its backend and, where there is one, the native library hold. */
function held() {
  const backend = tf.backend() as tf.KernelBackend & { binding?: { getNumOfTensors(): number } };
  return {
    tensors: tf.memory().numTensors,
    data: backend.numDataIds(),
    handles: backend.binding?.getNumOfTensors(),
  };
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
