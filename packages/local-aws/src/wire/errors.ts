import type { Protocol, ServiceFacts } from '../service.ts';
import { ServiceError } from '../service.ts';
import { toJson } from './json.ts';
import { errorOf } from './model.ts';
import { JSON_TYPES, namespaceOf, type WireResponse } from './response.ts';
import { HTTP_DATE, writeText } from './scalars.ts';
import { ShapeError } from './shape.ts';
import { escapeXml, structure } from './xml.ts';

const DEFAULT_STATUS = 400;

/** A value that the service's model does not allow. */
export function invalidInput({ protocol, validationCode }: ServiceFacts, message: string): ServiceError {
  const usual = protocol === 'query' ? 'ValidationError' : 'ValidationException';
  return new ServiceError(validationCode ?? usual, message);
}

/** A value without its schema's shape, as the service words it. */
export function refusal(service: ServiceFacts, error: ShapeError): ServiceError {
  if (error.missing) return invalidInput(service, `1 validation error detected: ${error.message}`);
  if (service.protocol === 'rest-xml') return new ServiceError('MalformedXML', error.message);
  if (service.protocol === 'query') return invalidInput(service, error.message);
  return new ServiceError('SerializationException', error.message);
}

/** What this local AWS does not do, said in the form of the protocol that was spoken. */
export function notEmulated(protocol: Protocol, what: string): ServiceError {
  const message = `The local AWS does not emulate ${what}: see docs/fidelity.md of local-aws for what it does.`;
  if (protocol === 'query') return new ServiceError('InvalidAction', message);
  if (protocol === 'rest-xml') return new ServiceError('NotImplemented', message, 501);
  return new ServiceError('UnknownOperationException', message);
}

/** A ServiceError stays as it is. Any other error is a defect of the local AWS and becomes a 500. */
export function asServiceError(error: unknown, service: ServiceFacts): ServiceError {
  if (error instanceof ServiceError) return error;
  if (error instanceof ShapeError) return refusal(service, error);
  const code = service.protocol === 'rest-xml' ? 'InternalError' : 'InternalFailure';
  return new ServiceError(code, error instanceof Error ? error.message : String(error), 500);
}

/** Writes an error in its protocol's form. */
export function writeError(service: ServiceFacts, error: ServiceError, requestId: string): WireResponse {
  const model = errorOf(service.schemas, error.code);
  const status = error.statusCode === DEFAULT_STATUS ? (model?.status ?? DEFAULT_STATUS) : error.statusCode;
  const headers: Record<string, string> = {};
  const members: Record<string, unknown> = { ...error.members };
  let messageName = 'message';
  if (model) {
    for (const [name, member] of model.schema.structIterator()) {
      if (name.toLowerCase() === 'message') messageName = name;
      const header = member.getMergedTraits().httpHeader as string | undefined;
      if (header !== undefined && members[name] !== undefined) {
        headers[header.toLowerCase()] = writeText(member, members[name], HTTP_DATE);
        delete members[name];
      }
    }
  }
  // What the model does not have (S3's `Key`) is sent as it is.
  const others = Object.fromEntries(
    Object.entries(members).filter(([name]) => model?.schema.getMemberSchemas()[name] === undefined),
  );
  const sender = status < 500 ? 'Sender' : 'Receiver';
  if (service.protocol === 'rest-xml' || service.protocol === 'query') {
    const code = service.protocol === 'query' ? (model?.queryCode ?? error.code) : error.code;
    const details = `${model ? structure(model.schema, members).elements : ''}${plainElements(others)}`;
    const inner = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(error.message)}</Message>${details}`;
    const request = `<RequestId>${requestId}</RequestId>`;
    const body =
      service.protocol === 'rest-xml'
        ? `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner}${request}<HostId>local</HostId></Error>`
        : `<ErrorResponse xmlns="${escapeXml(namespaceOf(service))}"><Error><Type>${sender}</Type>${inner}</Error>${request}</ErrorResponse>`;
    return { status, headers: { ...headers, 'content-type': 'application/xml' }, body };
  }
  if (model?.queryCode !== undefined) headers['x-amzn-query-error'] = `${model.queryCode};${sender}`;
  const body = {
    __type: error.code,
    ...(model ? (toJson(model.schema, members, service.protocol === 'rest-json') as object) : {}),
    ...others,
    [messageName]: error.message,
  };
  return {
    status,
    headers: {
      ...headers,
      'x-amzn-errortype': model?.name ?? error.code,
      'content-type': service.protocol === 'rest-json' ? 'application/json' : JSON_TYPES[service.protocol],
    },
    body: JSON.stringify(body),
  };
}

function plainElements(members: Record<string, unknown>): string {
  return Object.entries(members)
    .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
    .join('');
}
