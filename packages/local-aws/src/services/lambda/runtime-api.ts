import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the runtime in an execution environment says through the Runtime API. */
export interface RuntimeListener {
  /** It is ready for an invocation; answer with `respond` now or later. */
  next(respond: (invocation: RuntimeInvocation) => void): void;
  response(requestId: string, body: Buffer, memoryMb: number): void;
  error(requestId: string, body: Buffer, memoryMb: number): void;
  initError(body: Buffer): void;
}

export interface RuntimeInvocation {
  requestId: string;
  functionArn: string;
  deadline: number;
  traceId: string;
  clientContext?: string;
  payload: Uint8Array;
}

/**
 * The Lambda Runtime API (2018-06-01) for all execution environments on one loopback server. The first
 * segment of the path, which `AWS_LAMBDA_RUNTIME_API` may contain, tells the environments apart.
 */
export interface RuntimeApi {
  /** @returns the value of `AWS_LAMBDA_RUNTIME_API` for this environment */
  register(environmentId: string, listener: RuntimeListener): Promise<string>;
  unregister(environmentId: string): void;
  close(): Promise<void>;
}

export function createRuntimeApi(): RuntimeApi {
  const listeners = new Map<string, RuntimeListener>();
  let server: Server | undefined;
  let listening: Promise<AddressInfo> | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, environmentId = '', version, runtime, ...rest] = (request.url ?? '').split('/');
    const listener = listeners.get(environmentId);
    if (listener === undefined || version !== '2018-06-01' || runtime !== 'runtime') {
      return reply(response, 404, { errorType: 'NotFound', errorMessage: 'no such environment or path' });
    }
    const route = `${request.method} ${rest.length === 3 ? `${rest[0]}/*/${rest[2]}` : rest.join('/')}`;
    const requestId = rest[1] ?? '';
    if (route === 'GET invocation/next') {
      listener.next((invocation) => {
        response.writeHead(200, {
          'content-type': 'application/json',
          'lambda-runtime-aws-request-id': invocation.requestId,
          'lambda-runtime-invoked-function-arn': invocation.functionArn,
          'lambda-runtime-deadline-ms': String(invocation.deadline),
          'lambda-runtime-trace-id': invocation.traceId,
          ...(invocation.clientContext === undefined
            ? {}
            : { 'lambda-runtime-client-context': invocation.clientContext }),
        });
        response.end(invocation.payload);
      });
      return;
    }
    const body = await readAll(request);
    const memoryMb = Number(request.headers['local-memory-mb'] ?? 0);
    if (route === 'POST invocation/*/response') listener.response(requestId, body, memoryMb);
    else if (route === 'POST invocation/*/error') listener.error(requestId, body, memoryMb);
    else if (route === 'POST init/error') listener.initError(body);
    else return reply(response, 404, { errorType: 'NotFound', errorMessage: `no path ${route}` });
    reply(response, 202, { status: 'OK' });
  }

  return {
    async register(environmentId, listener) {
      listeners.set(environmentId, listener);
      if (listening === undefined) {
        server = createServer((request, response) => {
          answer(request, response).catch(() => response.destroy());
        });
        // A waiting environment keeps its request open as long as it is idle.
        server.requestTimeout = 0;
        server.keepAliveTimeout = 0;
        const starting = server;
        listening = new Promise((resolve, reject) => {
          starting.once('error', reject);
          starting.listen(0, '127.0.0.1', () => resolve(starting.address() as AddressInfo));
        });
      }
      const { port } = await listening;
      return `127.0.0.1:${port}/${environmentId}`;
    },
    unregister(environmentId) {
      listeners.delete(environmentId);
    },
    async close() {
      const closing = server;
      server = undefined;
      listening = undefined;
      if (closing === undefined) return;
      closing.closeAllConnections();
      await new Promise((resolve) => closing.close(resolve));
    },
  };
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
