import middy from '@middy/core';
import type * as z from 'zod';
import { explained } from './explained.ts';
import { logged } from './logged.ts';
import { madeOnce } from './made-once.ts';
import { parsed } from './parsed.ts';

/**
 * A Lambda handler: logs, parses the event, calls one function, explains errors.
 *
 * @param name the state or purpose, for messages
 * @param create makes the function from the environment, at the first event
 */
export function lambda<Schema extends z.ZodType, Result>(
  name: string,
  schema: Schema,
  create: () => (event: z.output<Schema>) => Promise<Result>,
): middy.MiddyfiedHandler<z.output<Schema>, Result> {
  return middy<z.output<Schema>, Result>()
    .use(logged())
    .use(explained())
    .use(parsed(schema, `The input of ${name}`))
    .handler(madeOnce(create)) as middy.MiddyfiedHandler<z.output<Schema>, Result>;
}
