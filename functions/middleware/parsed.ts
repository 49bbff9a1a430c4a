import type middy from '@middy/core';
import type { z } from 'zod';
import { parse } from '#core/parse.ts';

/**
 * Replaces the event by what its schema makes of it.
 *
 * @param what names the event in the error, for instance `The input of VerifyModel`
 */
export function parsed<Schema extends z.ZodType>(
  schema: Schema,
  what: string,
): middy.MiddlewareObj<z.output<Schema>> {
  const parsedBefore: middy.MiddlewareFn<z.output<Schema>> = (request) => {
    request.event = parse(schema, request.event, what);
  };
  return { name: 'parsed', before: parsedBefore };
}
