import * as z from 'zod';
import type { HttpAnswer } from './gateway-errors.ts';
import { isBinary } from './media-types.ts';

const headerValue = z.union([z.string(), z.number(), z.boolean()]);

/**
 * What a Lambda proxy integration must return; anything else becomes a 502. Other members are ignored, as in
 * API Gateway.
 */
const proxyResponse = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), headerValue).nullish(),
  multiValueHeaders: z.record(z.string(), z.array(headerValue)).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** Headers that API Gateway writes itself: a function's come out as `x-amzn-remapped-…`. */
const REMAPPED = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-md5',
  'date',
  'expect',
  'host',
  'server',
  'transfer-encoding',
  'www-authenticate',
]);

/**
 * @param payload what the function returned
 * @param accept the request's `Accept`: a base64 body becomes bytes only if its first media type is a binary
 *   one
 * @returns undefined when the function's answer has not the form that API Gateway wants
 */
export function proxyAnswer(
  payload: Uint8Array,
  accept: string | undefined,
  binaryMediaTypes: readonly string[],
): HttpAnswer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
  const given = (value ?? {}) as { statusCode?: unknown };
  // `z.coerce` would take null, true and "" for a number.
  if (!['number', 'string'].includes(typeof given.statusCode) || given.statusCode === '') return undefined;
  const parsed = proxyResponse.safeParse(value);
  if (!parsed.success) return undefined;
  const { statusCode, body, isBase64Encoded } = parsed.data;

  const headers: Record<string, string | string[]> = { 'content-type': 'application/json' };
  const set = (name: string, values: string | string[]) => {
    const lower = name.toLowerCase();
    headers[REMAPPED.has(lower) ? `x-amzn-remapped-${lower}` : lower] = values;
  };
  for (const [name, one] of Object.entries(parsed.data.headers ?? {})) set(name, String(one));
  for (const [name, all] of Object.entries(parsed.data.multiValueHeaders ?? {})) set(name, all.map(String));

  const binary = isBase64Encoded === true && isBinary(accept?.split(',')[0], binaryMediaTypes);
  return {
    status: statusCode,
    headers,
    body: binary ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
  };
}
