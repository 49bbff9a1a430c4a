import middy from '@middy/core';
import type { z } from 'zod';
import { explained } from './explained.ts';
import { logged } from './logged.ts';
import { parsed } from './parsed.ts';

/**
 * A Lambda handler: logs, parses the event, calls one function, explains errors.
 *
 * @param name the state or purpose, for messages
 * @param create makes the function from the environment. It is called at the first event, so that importing
 *   the file (in a test, by a bundler) needs no environment
 */
export function lambda<Schema extends z.ZodType, Result>(
  name: string,
  schema: Schema,
  create: () => (event: z.output<Schema>) => Promise<Result>,
): middy.MiddyfiedHandler<z.output<Schema>, Result> {
  let run: ((event: z.output<Schema>) => Promise<Result>) | undefined;
  return middy<z.output<Schema>, Result>()
    .use(logged())
    .use(explained())
    .use(parsed(schema, `The input of ${name}`))
    .handler((event: z.output<Schema>) => {
      run ??= create();
      return run(event);
    }) as middy.MiddyfiedHandler<z.output<Schema>, Result>;
}
