/**
 * What backends say when memory runs out: TensorFlow ("OOM when allocating tensor"), WebAssembly and its
 * compiler's runtime, graphics drivers, and the engine itself for plain arrays.
 */
const MESSAGES =
  /\bOOM\b|out of memory|resource.?exhausted|memory access out of bounds|cannot enlarge memory|could not allocate|failed to allocate|allocation failed|invalid typed array length/i;

export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && MESSAGES.test(`${error.name} ${error.message}`);
