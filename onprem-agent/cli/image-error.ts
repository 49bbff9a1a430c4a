import { GraftError, InvalidInputError, NotFoundError } from '#core/errors.ts';

/** Adds the image's name to an error of the decoder ("it is damaged …"). */
export async function named<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new NotFoundError(`There is no file "${path}"`, { cause });
    }
    const hint = cause instanceof GraftError ? cause.hint : undefined;
    throw new InvalidInputError(`The image "${path}" cannot be read: ${(cause as Error).message}`, {
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
