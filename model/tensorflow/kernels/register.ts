import type { BackendName } from '../backend.ts';

const registered = new Set<'wasm' | 'tensorflow'>();

/**
 * Registers the kernels that a backend of TensorFlow.js lacks, has only in a slow form, or has wrong; those of plain JavaScript stay as
 * they are, for comparison. Idempotent.
 */
export async function registerKernels(name: BackendName): Promise<void> {
  if (name === 'cpu') return;
  const backend = name === 'wasm' ? 'wasm' : 'tensorflow';
  if (registered.has(backend)) return;
  registered.add(backend);
  if (backend === 'wasm') (await import('./wasm/register.ts')).registerWasmKernels();
  else (await import('./tensorflow/register.ts')).registerTensorFlowKernels();
}
