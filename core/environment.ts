import type { z } from 'zod';
import { parse } from './parse.ts';

/**
 * The one place that reads `process.env`. A cold start with missing settings fails with all of them listed at once.
 *
 * @param schema a `z.object` whose keys are the variables' names; unknown variables are ignored
 */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  environment: NodeJS.ProcessEnv = process.env,
): z.output<Schema> {
  return parse(schema, environment, 'The environment', 'Set the listed environment variables.');
}
