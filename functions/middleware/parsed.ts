import type middy from '@middy/core';
import type * as z from 'zod';
import { parse } from '#core/parse.ts';

/**
 * Parses the event with its schema.
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
