import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidInputError } from '#core/errors.ts';

export interface HealthServerOptions {
  port: number;
  metrics(): Promise<string>;
  /** What `/status` tells, as JSON. */
  status(): Promise<unknown>;
  /** Why the service does not work; undefined where it does. */
  unhealthy(): string | undefined;
}

/** Other names lead here only from a foreign page (DNS rebinding); a tunnel keeps these. */
const OWN_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

/**
 * Answers `/metrics`, `/healthz` and `/status` on the loopback interface only.
 *
 * @throws InvalidInputError when the port is taken
 */
export async function startHealthServer({ port, metrics, status, unhealthy }: HealthServerOptions) {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
    if (path === '/metrics') {
      const text = await metrics();
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
      return;
    }
    if (path === '/status') {
      // It names folders and models, which are no business of a page that a browser shows.
      if (!OWN_HOST.test(request.headers.host ?? '')) return void response.writeHead(403).end();
      const text = JSON.stringify(await status());
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(text);
      return;
    }
    if (path !== '/healthz') return void response.writeHead(404).end();
    const reason = unhealthy();
    response.writeHead(reason === undefined ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reason === undefined ? { ok: true } : { ok: false, reason }));
  };
  const server = createServer((request, response) => {
    // What cannot be read must not end the service.
    answer(request, response).catch(() => response.headersSent || response.writeHead(500).end());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: Error) => {
    throw new InvalidInputError(`Port ${port} cannot be used: ${error.message}`, {
      hint: 'Name another one with --metrics-port; 0 takes any free one.',
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
