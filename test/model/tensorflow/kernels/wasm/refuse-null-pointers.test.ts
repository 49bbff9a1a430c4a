import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { useBackend } from '#model/tensorflow/backend.ts';
import type { WasmBackend } from '#model/tensorflow/kernels/wasm/heap.ts';
import { refuseNullPointers } from '#model/tensorflow/kernels/wasm/refuse-null-pointers.ts';

it('WebAssembly that has no memory left says so, and computes on', async () => {
  await useBackend('wasm');
  const { wasm } = tf.backend() as unknown as WasmBackend;

  // Of 4 GB, which nothing touches.
  const held: number[] = [];
  const takeAll = () => {
    for (let n = 0; n < 10; n++) held.push(wasm._malloc(2 ** 29));
  };
  expect(takeAll).toThrow('out of memory: WebAssembly has no room for 536870912 bytes');
  for (const address of held) wasm._free(address);

  expect(Array.from(await tf.add(tf.tensor1d([1, 2]), 1).data())).toEqual([2, 3]);
});

it('an empty tensor needs none', () => {
  const backend = { wasm: { _malloc: () => 0, _free: () => {} } } as unknown as WasmBackend;
  refuseNullPointers(backend);
  expect(backend.wasm._malloc(0)).toBe(0);
  expect(() => backend.wasm._malloc(1)).toThrow('no room for 1 bytes');
});
