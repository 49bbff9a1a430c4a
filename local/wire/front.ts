import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import type { Clock, Protocol, RequestContext, RouteHandler, Service } from '../service.ts';
import { ServiceError } from '../service.ts';
import { type Addressed, QUERY_VERSIONS, readAddress } from './addressed.ts';
import { readBody } from './body.ts';
import { CBOR, writeCborError } from './cbor-error.ts';
import { asServiceError, type ErrorContext, notEmulated, writeError } from './errors.ts';
import { fromJson } from './json.ts';
import type { OperationModel } from './model.ts';
import { fromQuery } from './query.ts';
import { type WireResponse, writeResponse } from './response.ts';
import { parseJsonBody, readRestRequest, streamsInput } from './rest-request.ts';
import { findRoute } from './rest-routes.ts';
import { modelOf, runOperation } from './run.ts';
import type { Services } from './services.ts';

/** What the front needs to know of the machine behind it. */
export interface FrontOptions {
  services: Services;
  clock: Clock;
  log: Logger;
  /** Handlers of paths outside the AWS APIs, by prefix. */
  routes: ReadonlyMap<string, RouteHandler>;
  /** The role that a session token stands for. */
  roleOf(sessionToken: string | undefined): string | undefined;
}

/** A request with everything that its line and headers say. */
interface Incoming {
  request: IncomingMessage;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  address: Addressed;
  id: string;
}

/** A parsed request: what to run. */
interface Asked {
  service: Service;
  model: OperationModel;
  input: unknown;
  body: Pick<RequestContext, 'body' | 'rawBody'>;
}

const FORM = 'application/x-www-form-urlencoded';

/** The one HTTP front: finds the service and operation, reads the input, runs it, writes output or error. */
export function createFront(
  options: FrontOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async function front(request, response) {
    const started = performance.now();
    const incoming = read(request);
    const route = routeFor(options.routes, incoming.path);
    if (route) {
      await runRoute(route, request, response, options.log);
      return;
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const line: Record<string, unknown> = { id: incoming.id };
    let context = guessContext(incoming, options.services);
    let answer: WireResponse;
    try {
      const asked = await parseRequest(incoming, options, (found) => {
        context = found;
      });
      Object.assign(line, { service: asked.service.signingName, operation: asked.model.name });
      const roleArn = options.roleOf(incoming.address.sessionToken);
      if (roleArn !== undefined) line.role = roleArn;
      const output = await runOperation(options.services, asked.service, asked.model, asked.input, {
        requestId: incoming.id,
        method: request.method ?? 'GET',
        path: incoming.path,
        query: incoming.query,
        headers: incoming.headers,
        signal: gone.signal,
        ...asked.body,
        ...(roleArn === undefined ? {} : { roleArn }),
      });
      answer = writeResponse(asked.service, asked.model, output, incoming.id);
    } catch (thrown) {
      if (request.destroyed && !request.complete) {
        options.log.info({ ...line, path: incoming.path }, 'the client went away');
        response.destroy();
        return;
      }
      const error = asServiceError(thrown, context);
      if (error.statusCode >= 500 && !(thrown instanceof ServiceError)) {
        options.log.error({ err: thrown, ...line }, 'the local AWS failed');
      }
      Object.assign(line, { service: context.signingName, error: error.code, message: error.message });
      answer =
        incoming.headers['smithy-protocol'] === CBOR
          ? writeCborError(error)
          : writeError(context, error, incoming.id);
    }
    await send(request, response, answer, incoming, context.signingName);
    const milliseconds = Math.round(performance.now() - started);
    options.log.info({ ...line, status: answer.status, milliseconds }, 'request');
  };
}

function read(request: IncomingMessage): Incoming {
  // Not `new URL`: it would resolve the `..` that an S3 key may contain.
  const target = (request.url ?? '/').replace(/^https?:\/\/[^/]+/, '');
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1));
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
  return { request, path, query, headers, address: readAddress(path, query, headers), id: randomUUID() };
}

function routeFor(routes: ReadonlyMap<string, RouteHandler>, path: string): RouteHandler | undefined {
  let longest = '';
  for (const prefix of routes.keys()) {
    if (`${path}/`.startsWith(prefix) && prefix.length > longest.length) longest = prefix;
  }
  return routes.get(longest);
}

async function runRoute(
  route: RouteHandler,
  request: IncomingMessage,
  response: ServerResponse,
  log: Logger,
): Promise<void> {
  try {
    await route(request, response, new URL(request.url ?? '/', 'http://local'));
  } catch (error) {
    log.error({ err: error, path: request.url }, 'a route failed');
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ message: 'Internal server error' }));
  }
}

/** The form in which to refuse what could not be understood. */
function guessContext(incoming: Incoming, services: Services): ErrorContext {
  const signingName = incoming.address.service ?? 's3';
  const known = services.all().find((service) => service.signingName === signingName);
  if (known !== undefined && incoming.address.target === undefined) return known;
  let protocol: Protocol = signingName === 's3' ? 'rest-xml' : 'rest-json';
  if (incoming.address.target !== undefined) {
    protocol = incoming.headers['content-type']?.includes('1.0') ? 'json-1.0' : 'json-1.1';
  } else if (incoming.headers['content-type']?.startsWith(FORM) || incoming.query.has('Action')) {
    protocol = 'query';
  }
  return { signingName, protocol, schemas: known?.schemas ?? {} };
}

async function parseRequest(
  incoming: Incoming,
  { services, clock }: FrontOptions,
  found: (service: Service) => void,
): Promise<Asked> {
  const { address, headers, query, request } = incoming;
  if (headers['smithy-protocol'] === CBOR) {
    throw notEmulated('json-1.1', `the service '${address.service}' over CBOR (${incoming.path})`);
  }
  if (address.expires !== undefined && address.expires < clock.now()) {
    throw new ServiceError('AccessDenied', 'Request has expired', 403);
  }
  if (address.target !== undefined) {
    const service = serviceFor(services, address.service, ['json-1.0', 'json-1.1']);
    found(service);
    const model = modelOf(service, address.target);
    const rawBody = await readBody(request);
    const text = Buffer.from(rawBody).toString('utf8');
    const input = fromJson(model.input, parseJsonBody(text === '' ? '{}' : text), false);
    return { service, model, input: input ?? {}, body: { rawBody } };
  }
  if (headers['content-type']?.startsWith(FORM) || query.has('Action')) {
    const rawBody = await readBody(request);
    const form = new URLSearchParams(Buffer.from(rawBody).toString('utf8'));
    for (const [name, value] of query) form.append(name, value);
    const service = serviceFor(services, address.service ?? QUERY_VERSIONS[form.get('Version') ?? ''], [
      'query',
    ]);
    found(service);
    const model = modelOf(service, form.get('Action') ?? '(no Action)');
    return { service, model, input: fromQuery(model.input, form), body: { rawBody } };
  }
  const service = serviceFor(services, address.service ?? 's3', ['rest-json', 'rest-xml']);
  found(service);
  return parseRestRequest(service, incoming);
}

function serviceFor(services: Services, signingName: string | undefined, protocols: Protocol[]): Service {
  const service = signingName === undefined ? undefined : services.speaking(signingName, protocols);
  if (service === undefined) {
    throw notEmulated(
      protocols[0] as Protocol,
      `the service '${signingName ?? 'unknown'}' (${protocols.join(', ')})`,
    );
  }
  return service;
}

async function parseRestRequest(service: Service, incoming: Incoming): Promise<Asked> {
  const { request, path, query, headers } = incoming;
  const match = findRoute(service.schemas, request.method ?? 'GET', path, query, headers);
  if (match === undefined) {
    throw notEmulated(service.protocol, `${service.signingName}: ${request.method} ${path}`);
  }
  const streams = streamsInput(match.operation.input);
  const rawBody = streams ? new Uint8Array() : await readBody(request);
  const input = readRestRequest(
    match,
    { query, headers, stream: streams ? request : undefined, body: rawBody },
    service.protocol === 'rest-json' ? 'json' : 'xml',
  );
  return { service, model: match.operation, input, body: streams ? { body: request } : { rawBody } };
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: WireResponse,
  { id }: Incoming,
  signingName: string,
): Promise<void> {
  const headers: Record<string, string> = { ...answer.headers, 'x-amzn-requestid': id };
  if (signingName === 's3')
    Object.assign(headers, { 'x-amz-request-id': id, 'x-amz-id-2': 'local', server: 'AmazonS3' });
  const bodiless = request.method === 'HEAD' || answer.status === 204 || answer.status === 304;
  if (answer.body instanceof Readable) {
    response.writeHead(answer.status, headers);
    if (bodiless) {
      answer.body.destroy();
      response.end();
      return;
    }
    // A client that goes away mid-stream is no fault of ours.
    await pipeline(answer.body, response).catch(() => response.destroy());
    return;
  }
  if (bodiless) {
    response.writeHead(answer.status, headers).end();
    return;
  }
  const bytes = Buffer.from(answer.body ?? '');
  response.writeHead(answer.status, { ...headers, 'content-length': String(bytes.length) }).end(bytes);
}
