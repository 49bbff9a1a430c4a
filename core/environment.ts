import type { z } from 'zod';
import { parse } from './parse.ts';

/**
 * Reads the settings of a process from its environment. A process with missing settings fails when it starts
 * and lists all of them at once.
 *
 * @param schema a `z.object` whose keys are the variables' names; unknown variables are ignored
 */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  environment: NodeJS.ProcessEnv = process.env,
): z.output<Schema> {
  return parse(schema, environment, 'The environment', 'Set the listed environment variables.');
}
