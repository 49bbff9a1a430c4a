import type * as z from 'zod';
import { InvalidInputError } from './errors.ts';

/**
 * Parses one boundary value with its schema.
 *
 * @param what names the thing in the message, for instance `domain.json of "produce"`
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

/** As `parse`, from JSON text. */
export function parseJson<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  what: string,
  hint?: string,
): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InvalidInputError(`${what} is not JSON: ${(cause as Error).message}`, { cause });
  }
  return parse(schema, value, what, hint);
}
