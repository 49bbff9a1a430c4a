import type * as z from 'zod';
import { parse } from './parse.ts';

/**
 * Reads environment variables. If several are missing or wrong, the error lists all of them, so that one
 * failed start is enough to find them.
 *
 * @param schema a `z.object` whose keys are the variables' names; other variables are ignored
 * @throws InvalidInputError
 */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  environment: NodeJS.ProcessEnv = process.env,
): z.output<Schema> {
  return parse(schema, environment, 'The environment', 'Set the listed environment variables.');
}
