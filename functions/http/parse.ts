import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import { ProblemError } from '#core/problem.ts';
import { headerOf } from './request-id.ts';

/** JSON bodies that start something are small. */
const MAXIMUM_JSON_BYTES = 100_000;

/**
 * The query as its schema wants it. A parameter that the schema does not know is refused, since a misspelt
 * one would silently do nothing.
 *
 * @throws ProblemError 400 naming the parameter
 */
export function parseQuery<Schema extends z.ZodType>(
  schema: Schema,
  event: APIGatewayProxyEvent,
): z.output<Schema> {
  for (const [name, values] of Object.entries(event.multiValueQueryStringParameters ?? {})) {
    if ((values?.length ?? 0) > 1) throw new ProblemError(400, `The query has ${JSON.stringify(name)} twice`);
  }
  return parsed(schema, event.queryStringParameters ?? {}, 'The query');
}

/** @throws ProblemError 415, 413 or 400 naming the field */
export function parseJsonBody<Schema extends z.ZodType>(
  schema: Schema,
  event: APIGatewayProxyEvent,
): z.output<Schema> {
  const type = (headerOf(event, 'content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new ProblemError(415, 'The content type is not application/json: send JSON');
  }
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (body.length > MAXIMUM_JSON_BYTES) {
    throw new ProblemError(413, `The body has ${body.length} bytes, at most ${MAXIMUM_JSON_BYTES} are taken`);
  }
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new ProblemError(400, 'The body is not JSON');
  }
  return parsed(schema, value, 'The body');
}

/** @throws ProblemError 400 naming the field */
export function parsed<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const where = path.length === 0 ? '' : `${path.map(String).join('.')}: `;
  throw new ProblemError(400, `${what} is not of the agreed form (${where}${message})`);
}
