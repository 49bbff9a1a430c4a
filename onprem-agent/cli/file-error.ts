import { GraftError, InvalidInputError } from '#core/errors.ts';

/**
 * What is wrong with a file ("it is a FIFO …") does not say which one: here it gets its name. Other errors
 * stay as they are.
 */
export function explainFile(path: string, error: unknown): unknown {
  if (!(error instanceof GraftError)) return error;
  return new InvalidInputError(`"${path}" cannot be read: ${error.message}`, {
    cause: error.cause,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}
