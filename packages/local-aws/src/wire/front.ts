import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import type { Clock, RouteHandler } from '../service.ts';
import { ServiceError } from '../service.ts';
import { CBOR, writeCborError } from './cbor-error.ts';
import { asServiceError, writeError } from './errors.ts';
import { bodyOf, type Incoming, readIncoming } from './incoming.ts';
import { guessFacts, parseRequest } from './parse.ts';
import { type WireResponse, writeResponse } from './response.ts';
import { runOperation } from './run.ts';
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

/** The one HTTP front: finds the service and operation, reads the input, runs it, writes output or error. */
export function createFront(
  options: FrontOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async function front(request, response) {
    const started = performance.now();
    const incoming = readIncoming(options.services, request, response);
    const route = routeFor(options.routes, incoming.path);
    if (route) {
      incoming.letIn();
      await runRoute(route, request, response, options.log);
      return;
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const line: Record<string, unknown> = { id: incoming.id };
    let facts = guessFacts(incoming, options.services);
    let answer: WireResponse;
    try {
      const form = formFor(options.services, incoming);
      if (form !== undefined) {
        facts = form.service;
        Object.assign(line, { service: facts.signingName, operation: 'form' });
        answer = await form.post();
      } else {
        const asked = await parseRequest(incoming, options.services, options.clock.now(), (found) => {
          facts = found;
        });
        Object.assign(line, { service: asked.service.signingName, operation: asked.model.name });
        const roleArn = options.roleOf(incoming.address.sessionToken);
        if (roleArn !== undefined) line.role = roleArn;
        const output = await runOperation(options.services, asked, {
          requestId: incoming.id,
          method: incoming.method,
          path: incoming.path,
          query: incoming.query,
          headers: incoming.headers,
          signal: gone.signal,
          ...asked.body,
          ...(roleArn === undefined ? {} : { roleArn }),
        });
        answer = writeResponse(asked.service, asked.model, output, incoming.id);
      }
    } catch (thrown) {
      if (request.destroyed && !request.complete) {
        options.log.info({ ...line, path: incoming.path }, 'the client went away');
        response.destroy();
        return;
      }
      const error = asServiceError(thrown, facts);
      if (error.statusCode >= 500 && !(thrown instanceof ServiceError)) {
        options.log.error({ err: thrown, ...line }, 'the local AWS failed');
      }
      Object.assign(line, { service: facts.signingName, error: error.code, message: error.message });
      answer =
        incoming.headers['smithy-protocol'] === CBOR
          ? writeCborError(error)
          : writeError(facts, error, incoming.id);
    }
    Object.assign(answer.headers, facts.responseHeaders?.(incoming.id));
    await send(response, answer, incoming);
    const milliseconds = Math.round(performance.now() - started);
    options.log.info({ ...line, status: answer.status, milliseconds }, 'request');
  };
}

/** How a service takes the form that a browser has posted; undefined for all other requests. */
function formFor(services: Services, incoming: Incoming) {
  const { method, path, headers, address } = incoming;
  const contentType = headers['content-type'] ?? '';
  const service = services.default();
  const isForm = method === 'POST' && /^multipart\/form-data\b/i.test(contentType);
  if (!isForm || service?.postForm === undefined) return undefined;
  if (address.service !== undefined && address.service !== service.signingName) return undefined;
  return { service, post: () => service.postForm!({ path, contentType, body: bodyOf(incoming) }) };
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

async function send(
  response: ServerResponse,
  answer: WireResponse,
  { id, method, waits }: Incoming,
): Promise<void> {
  const headers: Record<string, string> = { ...answer.headers, 'x-amzn-requestid': id };
  // Whether a client that was not let in sends its body all the same is its own choice: start afresh.
  if (waits()) headers.connection = 'close';
  const bodiless = method === 'HEAD' || answer.status === 204 || answer.status === 304;
  if (answer.body instanceof Readable) {
    response.writeHead(answer.status, headers);
    if (bodiless) {
      answer.body.destroy();
      response.end();
      return;
    }
    // A client that disconnects is not an error.
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
