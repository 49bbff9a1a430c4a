import type * as tf from '@tensorflow/tfjs-core';
import { assemble, type FunctionSource } from './assembler.ts';

/**
 * The parts of TensorFlow.js' WebAssembly backend that kernels of our own build on (4.22; a test holds them
 * to it).
 */
export interface WasmBackend {
  makeOutput(shape: number[], dtype: 'float32' | 'int32'): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array | Int32Array;
  dataIdMap: { get(dataId: tf.DataId): { memoryOffset: number } };
  disposeData(dataId: tf.DataId): boolean;
  incRef(dataId: tf.DataId): void;
  wasm: {
    asm: { memory: WebAssembly.Memory };
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
}

/** Address of a tensor's first value. Valid as long as the tensor is. */
export const addressOf = (backend: WasmBackend, info: tf.TensorInfo) =>
  backend.dataIdMap.get(info.dataId).memoryOffset;

/**
 * The values themselves, not a copy. Any allocation can invalidate the array, so allocate before this call.
 */
export const valuesOf = (backend: WasmBackend, info: tf.TensorInfo) =>
  backend.typedArrayFromHeap(info) as Float32Array;

type Compiled = (args: Record<string, number>) => void;

const compiled = new WeakMap<WebAssembly.Memory, Map<string, Compiled>>();

/**
 * A kernel function that works on the backend's memory, compiled when it is first needed.
 *
 * @param key names the function with everything that its source depends on, for instance its shapes
 */
export function kernelFunction<P extends string, V extends string>(
  backend: WasmBackend,
  key: string,
  source: () => FunctionSource<P, V>,
): (args: Record<P, number>) => void {
  const { memory } = backend.wasm.asm;
  let functions = compiled.get(memory);
  if (!functions) {
    functions = new Map();
    compiled.set(memory, functions);
  }
  let found = functions.get(key);
  if (!found) {
    found = compile(source(), memory);
    functions.set(key, found);
  }
  return found;
}

function compile<P extends string, V extends string>(
  source: FunctionSource<P, V>,
  memory: WebAssembly.Memory,
) {
  const module = new WebAssembly.Module(assemble(source));
  const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  return (args: Record<P, number>) =>
    (run as (...args: number[]) => void)(...source.parameters.map((name) => args[name]));
}
