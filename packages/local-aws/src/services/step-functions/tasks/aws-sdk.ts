import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { SDK_SERVICES } from '../definition/resource.ts';
import { runtimeError } from '../errors.ts';
import type { Json } from '../json.ts';
import { toTaskError } from './failures.ts';
import type { Call } from './lambda.ts';

/**
 * `arn:aws:states:::aws-sdk:<service>:<action>`: any operation of a local service. In the state machine
 * members begin with a capital letter, as in the Java SDK, even where the service's API differs.
 */
export async function callSdk(call: Call, service: string, action: string, input: Json): Promise<Json> {
  const known = SDK_SERVICES[service];
  if (!known) throw runtimeError(`the service integration aws-sdk:${service} is not supported`);
  const operation = action.charAt(0).toUpperCase() + action.slice(1);
  const request = known.camelCase
    ? rename(input, (name) => name.charAt(0).toLowerCase() + name.slice(1))
    : input;
  let answer: unknown;
  try {
    answer = await call(known.signingName, operation, withBytes(request));
  } catch (error) {
    throw toTaskError(error, known.error, 'Exception');
  }
  const plain = await toJson(answer ?? {});
  return known.camelCase ? rename(plain, (name) => name.charAt(0).toUpperCase() + name.slice(1)) : plain;
}

/** Members that are bytes in the services' models. JSON is sent as its text, a string as it is. */
const BYTES = ['Body', 'Payload'];

function withBytes(request: Json): Json {
  const members = request as Record<string, Json>;
  const texts = BYTES.filter((name) => name in members && typeof members[name] !== 'string').map(
    (name) => [name, JSON.stringify(members[name])] as const,
  );
  return { ...members, ...Object.fromEntries(texts) };
}

function rename(value: Json, change: (name: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => rename(item, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [change(name), rename(item, change)]),
  );
}

/** Dates as ISO 8601, bytes and streams as text, as Step Functions shows them. */
async function toJson(value: unknown): Promise<Json> {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value instanceof Readable) return text(value);
  if (Array.isArray(value)) return Promise.all(value.map(toJson));
  if (value === null || typeof value !== 'object') return value as Json;
  const members = Object.entries(value).filter(([name, item]) => item !== undefined && name !== '$metadata');
  return Object.fromEntries(
    await Promise.all(members.map(async ([name, item]) => [name, await toJson(item)])),
  );
}
