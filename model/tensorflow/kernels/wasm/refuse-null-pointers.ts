import type { WasmBackend } from './heap.ts';

/**
 * Makes an error of memory that is used up. TensorFlow.js takes the null pointer that it gets then for an
 * address, and writes the tensor over the backend's own data: from then on every result is wrong, in silence.
 * What kernels of the backend allocate for themselves ends the program's function instead, by an error of
 * WebAssembly.
 */
export function refuseNullPointers({ wasm }: Pick<WasmBackend, 'wasm'>): void {
  // The compiler's function replaces itself at its first call.
  wasm._free(wasm._malloc(1));
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = allocate(bytes);
    if (address !== 0 || bytes === 0) return address;
    throw new Error(`out of memory: WebAssembly has no room for ${bytes} bytes`);
  };
}
