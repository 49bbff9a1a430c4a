import type { InferencePool } from '../inference/pool.ts';

/** Tasks that wait for a thread, for each thread: more would only hold results in memory. */
const AHEAD = 3;

/**
 * Runs images through a model as they are. They are read when their turn comes.
 *
 * @param onOutputs gets an image's index and its outputs, in no particular order of images
 * @throws the signal's reason, or InvalidInputError when an image cannot be read
 */
export async function inferImages(
  pool: InferencePool,
  paths: readonly string[],
  onOutputs: (image: number, outputs: Float32Array[]) => void,
  signal?: AbortSignal,
): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < paths.length) {
      const image = next++;
      const [outputs] = await pool.infer({ image: paths[image]! }, signal);
      signal?.throwIfAborted();
      onOutputs(image, outputs!);
    }
  };
  await Promise.all(Array.from({ length: AHEAD * pool.threads }, work));
}
