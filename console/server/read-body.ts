import type { IncomingMessage } from 'node:http';
import type * as z from 'zod';
import { parseJson } from '#core/parse.ts';
import { ProblemError } from '#core/problem.ts';

/** In bytes; a person's reason has at most 1,000 characters. */
const JSON_LIMIT = 16 * 1024;

/**
 * The body of a request.
 *
 * @param limit in bytes
 * @throws ProblemError 413
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new ProblemError(413, `The body has more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws ProblemError 413 and 415, InvalidInputError naming the field */
export async function readJsonBody<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  if (request.headers['content-type'] !== 'application/json') {
    throw new ProblemError(415, 'The body must be application/json');
  }
  return parseJson(schema, (await readBody(request, JSON_LIMIT)).toString('utf8'), 'The request');
}
