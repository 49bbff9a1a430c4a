import { InvalidInputError } from '#core/errors.ts';
import type { InferencePool } from './pool.ts';
import type { InferenceResult, InferenceTask } from './worker.ts';

/** A task whose image is a file. */
export type FileTask = InferenceTask & { image: string };

/**
 * `infer` for a file among many, which an error has to name.
 *
 * @throws the signal's reason, or InvalidInputError with the file's path
 */
export async function inferFile(
  pool: InferencePool,
  task: FileTask,
  signal?: AbortSignal,
): Promise<InferenceResult> {
  try {
    return await pool.infer(task, signal);
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause;
    throw new InvalidInputError(`The image "${task.image}" cannot be read: ${cause.message}`, {
      cause,
      ...(cause.hint !== undefined && { hint: cause.hint }),
    });
  }
}
