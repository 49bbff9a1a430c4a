/**
 * What backends say when memory runs out: TensorFlow ("OOM when allocating tensor"), WebAssembly (see
 * `refuseNullPointers`), WebGPU (its `Guard`, and its limit of
 * threads, which smaller batches keep), and the engine itself for plain arrays. An access out of bounds is
 * not among them: the backend's memory may be overwritten then, and nothing that it computes can be trusted.
 */
const MESSAGES =
  /\bOOM\b|out of memory|resource.?exhausted|cannot enlarge memory|could not allocate|failed to allocate|allocation failed|invalid typed array length|dispatch size exceeds/i;

export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && MESSAGES.test(`${error.name} ${error.message}`);
