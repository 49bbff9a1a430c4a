import { GraftError, InvalidInputError } from '#core/errors.ts';

/**
 * Adds the file's name to an error about a file ("it is a FIFO …"). Other errors stay as they are.
 */
export function explainFile(path: string, error: unknown): unknown {
  if (!(error instanceof GraftError)) return error;
  return new InvalidInputError(`"${path}" cannot be read: ${error.message}`, {
    cause: error.cause,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}
