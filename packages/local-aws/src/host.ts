import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { type Logger, pino } from 'pino';
import { Bus } from './bus.ts';
import { systemClock } from './clock.ts';
import { InvalidInputError } from './errors.ts';
import { lockState } from './lock.ts';
import type { Clock, RouteHandler, ServiceFactory, World } from './service.ts';
import { roleOf } from './services/sts/seam.ts';
import { asServiceError, notEmulated } from './wire/errors.ts';
import { createFront } from './wire/front.ts';
import { modelOf, runOperation } from './wire/run.ts';
import { Services } from './wire/services.ts';

export const LOCAL_ACCOUNT = '000000000000';
export const DEFAULT_REGION = 'eu-central-1';

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
  const host = options.host ?? '127.0.0.1';
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 15 * 60_000 });
  try {
    await listen(server, options.port, host);
  } catch (error) {
    lock.release();
    throw error;
  }
  const endpoint = `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
  lock.announce(endpoint);

  const log = options.log ?? pino({ level: 'silent' });
  const services = new Services();
  const routes = new Map<string, RouteHandler>();
  const bus = new Bus(services, log);
  const world: World = {
    region: options.region ?? DEFAULT_REGION,
    accountId: LOCAL_ACCOUNT,
    endpoint,
    clock: options.clock ?? systemClock,
    log,
    folder(service) {
      const path = join(state, service);
      mkdirSync(path, { recursive: true });
      return path;
    },
    publish: (event) => bus.publish(event),
    async call(signingName, operation, input, caller) {
      const service = services.withOperation(signingName, operation);
      if (service === undefined) throw notEmulated('json-1.1', `${signingName}:${operation}`);
      try {
        return await runOperation(services, service, modelOf(service, operation), input, {
          requestId: randomUUID(),
          method: 'POST',
          path: '/',
          query: new URLSearchParams(),
          headers: {},
          ...(caller?.roleArn === undefined ? {} : { roleArn: caller.roleArn }),
        });
      } catch (error) {
        throw asServiceError(error, service);
      }
    },
    resourceType(name) {
      for (const service of services.all()) {
        const type = service.resources?.[name];
        if (type !== undefined) return type;
      }
      return undefined;
    },
  };

  let ready = false;
  routes.set('/_local/health', (_request, response) => {
    response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        status: ready ? 'ready' : 'starting',
        pid: process.pid,
        services: services.all().map((service) => service.signingName),
      }),
    );
  });
  try {
    for (const create of options.services) {
      const service = create(world);
      services.add(service);
      for (const [prefix, handler] of Object.entries(service.routes ?? {})) routes.set(prefix, handler);
    }
  } catch (error) {
    await stopAll(services, server, bus, log);
    lock.release();
    throw error;
  }
  const front = createFront({
    services,
    clock: world.clock,
    log,
    routes,
    roleOf: (token) => roleOf(world, token)?.roleArn,
  });
  const receive = (request: IncomingMessage, response: ServerResponse) => {
    if (ready || request.url === '/_local/health') void front(request, response);
    else {
      // The SDKs try again after a 503.
      response.writeHead(503, { 'retry-after': '1', 'content-type': 'text/plain', connection: 'close' });
      response.end('the local AWS is starting');
    }
  };
  server.on('request', receive);
  // `front` answers clients that wait for `100 Continue` before they send a body.
  server.on('checkContinue', receive);

  let stopping: Promise<void> | undefined;
  return {
    endpoint,
    world,
    services,
    async open() {
      for (const service of services.all()) await service.start?.();
      ready = true;
      bus.open();
    },
    stop() {
      stopping ??= stopAll(services, server, bus, log).finally(() => lock.release());
      return stopping;
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new InvalidInputError(`port ${port} on ${host} is in use`, {
        cause: error,
        hint: `Stop the program that uses it, or choose another port: --port ${port + 1}`,
      });
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new InvalidInputError(`${host} is no address of this machine`, { cause: error });
    }
    throw error;
  }
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
