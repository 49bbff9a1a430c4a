import { type FileTask, inferFile } from './infer-file.ts';
import type { InferencePool } from './pool.ts';
import type { InferenceResult } from './worker.ts';

/** Tasks that wait for a thread, for each thread: more would only hold results in memory. */
const AHEAD = 3;

export interface ManyTasks {
  count: number;
  taskOf(index: number): FileTask;
  /** Called in no particular order. */
  onResult(index: number, result: InferenceResult): void;
}

/**
 * Runs many images through a model. Each is read when its turn comes.
 *
 * @throws the signal's reason, or InvalidInputError naming an image that cannot be read
 */
export async function inferImages(
  pool: InferencePool,
  { count, taskOf, onResult }: ManyTasks,
  signal?: AbortSignal,
): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next++;
      const result = await inferFile(pool, taskOf(index), signal);
      signal?.throwIfAborted();
      onResult(index, result);
    }
  };
  try {
    await Promise.all(Array.from({ length: AHEAD * pool.threads }, work));
  } finally {
    // After an error no other image is begun.
    next = count;
  }
}
