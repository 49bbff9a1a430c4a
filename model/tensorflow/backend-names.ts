/**
 * What computes the tensors: TensorFlow on a GPU, WebGPU on a GPU of any make, TensorFlow on the CPU,
 * WebAssembly, or plain JavaScript (`cpu`: the reference in tests, hundreds of times slower in training).
 */
export const BACKENDS = ['tensorflow-gpu', 'webgpu', 'tensorflow', 'wasm', 'cpu'] as const;

export type BackendName = (typeof BACKENDS)[number];
