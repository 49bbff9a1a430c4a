import type { Readable } from 'node:stream';
import type { NormalizedSchema } from '@smithy/core/schema';
import { fromJson } from './json.ts';
import { requiredMembers } from './model.ts';
import type { RouteMatch } from './rest-routes.ts';
import { readText } from './scalars.ts';
import { ShapeError } from './shape.ts';
import { fromXml, parseXml } from './xml.ts';

/** The parts of an HTTP request that an operation's input is read from. */
export interface RestRequest {
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  /** The undecoded body where the operation's payload streams. */
  stream: Readable | undefined;
  /** The whole body otherwise. */
  body: Uint8Array;
}

/** Whether the operation takes its body as a stream, so that it must not be read here. */
export function streamsInput(input: NormalizedSchema): boolean {
  const payload = payloadOf(input);
  return payload?.[1].isStreaming() === true;
}

/** Reads labels, query, headers and body of a REST request to the input of the SDK's command. */
export function readRestRequest(match: RouteMatch, request: RestRequest, format: 'json' | 'xml'): unknown {
  const schema = match.operation.input;
  if (!schema.isStructSchema()) return {};
  const input: Record<string, unknown> = {};
  let hasBodyMembers = false;
  for (const [name, member] of schema.structIterator()) {
    const value = boundValue(name, member, match, { ...request, format });
    if (value === BODY) hasBodyMembers = true;
    else if (value !== undefined) input[name] = value;
  }
  const payload = payloadOf(schema);
  if (payload?.[1].isBlobSchema() && requiredMembers(schema).includes(payload[0])) {
    // An empty body is a body of no bytes.
    input[payload[0]] ??= request.body;
  }
  if (hasBodyMembers && request.body.byteLength > 0) {
    Object.assign(input, bodyMembers(schema, request.body, format));
  }
  return input;
}

const BODY = Symbol('in the body');

function boundValue(
  name: string,
  member: NormalizedSchema,
  match: RouteMatch,
  request: RestRequest & { format: 'json' | 'xml' },
): unknown {
  const traits = member.getMergedTraits();
  const { httpQuery, httpHeader, httpPrefixHeaders } = traits as Record<string, string | undefined>;
  if (traits.httpLabel) {
    const label = match.labels[name];
    return label === undefined ? undefined : readText(member, label, name);
  }
  if (httpQuery !== undefined) {
    if (!request.query.has(httpQuery)) return undefined;
    if (member.isListSchema()) {
      return request.query.getAll(httpQuery).map((text) => readText(member.getValueSchema(), text, name));
    }
    return readText(member, request.query.get(httpQuery) as string, name);
  }
  if (traits.httpQueryParams) return Object.fromEntries(request.query);
  if (httpHeader !== undefined) {
    const text = request.headers[httpHeader.toLowerCase()];
    if (text === undefined) return undefined;
    if (member.isListSchema()) {
      return splitList(text).map((item) => readText(member.getValueSchema(), item, name));
    }
    if (traits.mediaType === 'application/json') return Buffer.from(text, 'base64').toString('utf8');
    return readText(member, text, name);
  }
  if (httpPrefixHeaders !== undefined) {
    const prefix = httpPrefixHeaders.toLowerCase();
    const entries = Object.entries(request.headers).filter(([header]) => header.startsWith(prefix));
    return entries.length === 0
      ? undefined
      : Object.fromEntries(entries.map(([header, value]) => [header.slice(prefix.length), value]));
  }
  return traits.httpPayload ? payloadValue(member, request, request.format) : BODY;
}

function payloadValue(member: NormalizedSchema, request: RestRequest, format: 'json' | 'xml'): unknown {
  if (member.isStreaming()) return request.stream;
  if (request.body.byteLength === 0) return undefined;
  if (member.isBlobSchema()) return request.body;
  const text = Buffer.from(request.body).toString('utf8');
  if (member.isStringSchema()) return text;
  return format === 'json'
    ? fromJson(member, parseJsonBody(text), true)
    : fromXml(member, parseXml(text).content);
}

function bodyMembers(schema: NormalizedSchema, body: Uint8Array, format: 'json' | 'xml'): unknown {
  const text = Buffer.from(body).toString('utf8');
  if (format === 'xml') return fromXml(schema, parseXml(text).content);
  const value = parseJsonBody(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ShapeError('', 'the body must be a JSON object');
  }
  return fromJson(schema, value, true);
}

/** @throws ShapeError when the text is not JSON */
export function parseJsonBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ShapeError('', `the body is not JSON: ${(error as Error).message}`);
  }
}

/** A comma-separated header list; items may be quoted. */
function splitList(text: string): string[] {
  return Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/g), (found) =>
    found[1] === undefined ? (found[2] as string).trim() : found[1].replace(/\\(.)/g, '$1'),
  ).filter((item) => item !== '');
}

/** The member that is the whole body, if there is one. */
export function payloadOf(schema: NormalizedSchema): [string, NormalizedSchema] | undefined {
  if (!schema.isStructSchema()) return undefined;
  for (const [name, member] of schema.structIterator()) {
    if (member.getMergedTraits().httpPayload) return [name, member];
  }
  return undefined;
}
