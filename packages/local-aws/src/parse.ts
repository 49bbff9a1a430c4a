import type * as z from 'zod';
import { InvalidInputError } from './errors.ts';

/**
 * Checks a value that comes from outside with its schema.
 *
 * @param what names the value in the message, for instance `The template stack.yml`
 * @throws InvalidInputError listing every wrong field by its path
 */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
  hint?: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  throw new InvalidInputError(
    `${what} is not valid: ${fields.join('; ')}`,
    hint === undefined ? {} : { hint },
  );
}
