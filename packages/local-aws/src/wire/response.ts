import { Readable } from 'node:stream';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { Protocol, Service, ServiceFacts } from '../service.ts';
import { toJson } from './json.ts';
import type { OperationModel } from './model.ts';
import { payloadOf } from './rest-request.ts';
import { HTTP_DATE, writeText } from './scalars.ts';
import { escapeXml, structure, toXml } from './xml.ts';

/** A response before it goes out. */
export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array | Readable | undefined;
}

export const JSON_TYPES: Record<Extract<Protocol, `json-${string}`>, string> = {
  'json-1.0': 'application/x-amz-json-1.0',
  'json-1.1': 'application/x-amz-json-1.1',
};

/** The `xmlns` of a service's documents; one that has no namespace of its own gets AWS's usual form. */
export function namespaceOf({ xmlNamespace, signingName }: ServiceFacts): string {
  return xmlNamespace ?? `https://${signingName}.amazonaws.com/doc/`;
}

/** Serialises an operation's output as its service's protocol does. */
export function writeResponse(
  service: Service,
  operation: OperationModel,
  output: Record<string, unknown>,
  requestId: string,
): WireResponse {
  switch (service.protocol) {
    case 'json-1.0':
    case 'json-1.1':
      return {
        status: 200,
        headers: { 'content-type': JSON_TYPES[service.protocol] },
        body: operation.output.isUnitSchema() ? '' : JSON.stringify(toJson(operation.output, output, false)),
      };
    case 'query':
      return writeQueryResponse(service, operation, output, requestId);
    default:
      return writeRestResponse(service, operation, output);
  }
}

function writeQueryResponse(
  service: Service,
  operation: OperationModel,
  output: Record<string, unknown>,
  requestId: string,
): WireResponse {
  const { name } = operation;
  const result = operation.output.isUnitSchema()
    ? ''
    : `<${name}Result>${structure(operation.output, output).elements}</${name}Result>`;
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  const namespace = escapeXml(namespaceOf(service));
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: `<${name}Response xmlns="${namespace}">${result}${metadata}</${name}Response>`,
  };
}

function writeRestResponse(
  service: Service,
  operation: OperationModel,
  output: Record<string, unknown>,
): WireResponse {
  const schema = operation.output;
  const response: WireResponse = { status: operation.http?.status ?? 200, headers: {}, body: undefined };
  if (!schema.isStructSchema()) return response;
  const inBody: Record<string, unknown> = {};
  let hasBodyMembers = false;
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits();
    const value = output[name];
    if (traits.httpResponseCode) {
      if (value !== undefined) response.status = value as number;
    } else if (traits.httpHeader !== undefined) {
      if (value !== undefined)
        response.headers[(traits.httpHeader as string).toLowerCase()] = headerText(member, value);
    } else if (traits.httpPrefixHeaders !== undefined) {
      for (const [key, item] of Object.entries((value ?? {}) as Record<string, string>)) {
        response.headers[`${traits.httpPrefixHeaders as string}${key}`.toLowerCase()] = item;
      }
    } else if (!traits.httpPayload) {
      hasBodyMembers = true;
      if (value !== undefined) inBody[name] = value;
    }
  }
  const payload = payloadOf(schema);
  if (payload) writePayload(service, response, payload[1], output[payload[0]]);
  else if (hasBodyMembers) writeBody(service, response, schema, inBody);
  return response;
}

function headerText(member: NormalizedSchema, value: unknown): string {
  if (member.isListSchema()) {
    return (value as unknown[]).map((item) => writeText(member.getValueSchema(), item, HTTP_DATE)).join(', ');
  }
  if (member.getMergedTraits().mediaType === 'application/json') {
    return Buffer.from(String(value)).toString('base64');
  }
  return writeText(member, value, HTTP_DATE);
}

function writePayload(
  service: Service,
  response: WireResponse,
  member: NormalizedSchema,
  value: unknown,
): void {
  if (value === undefined || value === null) return;
  if (member.isBlobSchema() || member.isStringSchema() || value instanceof Readable) {
    response.headers['content-type'] ??= member.isStringSchema() ? 'text/plain' : 'application/octet-stream';
    response.body = value as string | Uint8Array | Readable;
  } else if (service.protocol === 'rest-json') {
    response.headers['content-type'] ??= 'application/json';
    response.body = JSON.stringify(toJson(member, value, true));
  } else {
    const name = (member.getMergedTraits().xmlName as string | undefined) ?? member.getName() ?? 'Payload';
    writeDocument(response, toXml(name, member, value, namespaceOf(service)));
  }
}

function writeBody(
  service: Service,
  response: WireResponse,
  schema: NormalizedSchema,
  members: Record<string, unknown>,
): void {
  if (service.protocol === 'rest-json') {
    response.headers['content-type'] ??= 'application/json';
    response.body = JSON.stringify(toJson(schema, members, true));
    return;
  }
  const root = (schema.getMergedTraits().xmlName as string | undefined) ?? schema.getName() ?? 'Result';
  // S3 writes GetBucketLocation's one member without an element of its own.
  const [unwrapped] = [...schema.structIterator()].filter(([name]) => name === root);
  if (unwrapped)
    writeDocument(response, toXml(root, unwrapped[1], members[root] ?? '', namespaceOf(service)));
  else writeDocument(response, toXml(root, schema, members, namespaceOf(service)));
}

function writeDocument(response: WireResponse, xml: string): void {
  response.headers['content-type'] ??= 'application/xml';
  response.body = `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`;
}
