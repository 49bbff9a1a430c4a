import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidInputError } from '#core/errors.ts';

export interface HealthServerOptions {
  port: number;
  metrics(): Promise<string>;
  /** Why the service does not work; undefined where it does. */
  unhealthy(): string | undefined;
}

/**
 * Answers `/metrics` and `/healthz` on the loopback interface only.
 *
 * @throws InvalidInputError when the port is taken
 */
export async function startHealthServer({ port, metrics, unhealthy }: HealthServerOptions) {
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
    if (path === '/metrics') {
      const text = await metrics();
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
      return;
    }
    if (path !== '/healthz') return void response.writeHead(404).end();
    const reason = unhealthy();
    response.writeHead(reason === undefined ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reason === undefined ? { ok: true } : { ok: false, reason }));
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
