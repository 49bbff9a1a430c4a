import type { BackendName } from '../backend-names.ts';

const registered = new Set<'wasm' | 'tensorflow'>();

/**
 * Registers kernels for operations that a backend of TensorFlow.js lacks, computes slowly, or computes
 * wrongly. The plain JavaScript backend keeps its own kernels, for comparison. Idempotent.
 */
export async function registerKernels(name: BackendName): Promise<void> {
  // WebGPU has a kernel for everything that training needs; no faster one has been measured on a GPU.
  if (name === 'cpu' || name === 'webgpu') return;
  const backend = name === 'wasm' ? 'wasm' : 'tensorflow';
  if (registered.has(backend)) return;
  registered.add(backend);
  if (backend === 'wasm') (await import('./wasm/register.ts')).registerWasmKernels();
  else (await import('./tensorflow/register.ts')).registerTensorFlowKernels();
}
