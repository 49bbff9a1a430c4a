import { InvalidInputError } from '#core/errors.ts';

/** Whether an error is wrong usage (exit code 2) rather than a failure (exit code 1). */
export function isWrongUsage(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return error instanceof InvalidInputError || code?.startsWith('ERR_PARSE_ARGS') === true;
}
