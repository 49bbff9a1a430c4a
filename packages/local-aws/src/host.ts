import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { type Logger, pino } from 'pino';
import { Bus } from './bus.ts';
import { listen } from './listen.ts';
import { HEALTH, lockState } from './lock.ts';
import type { Clock, RouteHandler, ServiceFactory, World } from './service.ts';
import { roleOf } from './services/sts/seam.ts';
import { createFront } from './wire/front.ts';
import { Services } from './wire/services.ts';
import { createWorld } from './world.ts';

export interface HostOptions {
  services: readonly ServiceFactory[];
  /** Folder of everything that is kept; created where it is missing. */
  state: string;
  /** 0 for any free port. */
  port: number;
  host?: string;
  region?: string;
  clock?: Clock;
  log?: Logger;
}

/** One port and the services behind it. */
export interface Host {
  readonly endpoint: string;
  readonly world: World;
  readonly services: Services;
  /** Starts the services' own work and accepts requests; before it, requests are answered with 503. */
  open(): Promise<void>;
  /** Stops the services, their child processes and the port. */
  stop(): Promise<void>;
}

/**
 * Opens the port and creates the services, but accepts no requests yet, so that a template can be provisioned
 * first.
 *
 * @throws InvalidInputError when the port is taken
 * @throws BusyError when another process uses the state folder
 */
export async function createHost(options: HostOptions): Promise<Host> {
  // Functions and containers have other working folders, where a relative path would mean something else.
  const state = resolve(options.state);
  mkdirSync(state, { recursive: true });
  const lock = await lockState(state);
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 15 * 60_000 });
  const { log = pino({ level: 'silent' }), region, clock } = options;
  const services = new Services();
  const bus = new Bus(services, log);
  try {
    const endpoint = await listen(server, options.port, options.host ?? '127.0.0.1');
    lock.announce(endpoint);
    const world = createWorld({ services, bus, state, endpoint, log, region, clock });
    const routes = createServices(options.services, services, world);
    const open = answer(server, { services, world, routes });
    let stopping: Promise<void> | undefined;
    return {
      ...{ endpoint, world, services },
      async open() {
        for (const service of services.all()) await service.start?.();
        open();
        bus.open();
      },
      stop() {
        stopping ??= stopAll(services, server, bus, log).finally(() => lock.release());
        return stopping;
      },
    };
  } catch (error) {
    await stopAll(services, server, bus, log);
    lock.release();
    throw error;
  }
}

/** @returns the services' routes by their prefixes */
function createServices(
  factories: readonly ServiceFactory[],
  services: Services,
  world: World,
): Map<string, RouteHandler> {
  const routes = new Map<string, RouteHandler>();
  for (const create of factories) {
    const service = create(world);
    services.add(service);
    for (const [prefix, handler] of Object.entries(service.routes ?? {})) routes.set(prefix, handler);
  }
  return routes;
}

/**
 * Answers the server's requests: with 503 until the returned function is called, except the one for the
 * health.
 */
function answer(
  server: Server,
  { services, world, routes }: { services: Services; world: World; routes: Map<string, RouteHandler> },
): () => void {
  let ready = false;
  routes.set(HEALTH, (_request, response) => {
    response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        status: ready ? 'ready' : 'starting',
        pid: process.pid,
        services: services.all().map((service) => service.signingName),
      }),
    );
  });
  const front = createFront({
    ...{ services, routes, clock: world.clock, log: world.log },
    roleOf: (token) => roleOf(world, token)?.roleArn,
  });
  const receive = (request: IncomingMessage, response: ServerResponse) => {
    if (ready || request.url === HEALTH) void front(request, response);
    else {
      // The SDKs try again after a 503.
      response.writeHead(503, { 'retry-after': '1', 'content-type': 'text/plain', connection: 'close' });
      response.end('the local AWS is starting');
    }
  };
  server.on('request', receive);
  // `front` answers clients that wait for `100 Continue` before they send a body.
  server.on('checkContinue', receive);
  return () => {
    ready = true;
  };
}

/**
 * Stops services in reverse order of their start. One that fails to stop does not keep the others running.
 */
async function stopAll(services: Services, server: Server, bus: Bus, log: Logger): Promise<void> {
  bus.close();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  for (const service of [...services.all()].reverse()) {
    try {
      await service.stop?.();
    } catch (error) {
      log.error({ err: error, service: service.signingName }, 'a service did not stop');
    }
  }
  server.closeAllConnections();
  await closed;
}
