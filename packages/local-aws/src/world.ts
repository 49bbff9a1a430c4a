import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Bus } from './bus.ts';
import { systemClock } from './clock.ts';
import type { Clock, World } from './service.ts';
import { asServiceError, notEmulated } from './wire/errors.ts';
import { modelOf, runOperation } from './wire/run.ts';
import type { Services } from './wire/services.ts';

const ACCOUNT = '000000000000';
const DEFAULT_REGION = 'eu-central-1';

export interface WorldOptions {
  services: Services;
  bus: Bus;
  /** Absolute path of the state folder. */
  state: string;
  endpoint: string;
  log: Logger;
  region: string | undefined;
  clock: Clock | undefined;
}

/** What the host gives its services. `services` may be filled later. */
export function createWorld(options: WorldOptions): World {
  const { services, bus, state, endpoint, log, region = DEFAULT_REGION, clock = systemClock } = options;
  return {
    ...{ region, accountId: ACCOUNT, endpoint, clock, log },
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
        return await runOperation(
          services,
          { service, model: modelOf(service, operation), input },
          {
            requestId: randomUUID(),
            method: 'POST',
            path: '/',
            query: new URLSearchParams(),
            headers: {},
            ...(caller?.roleArn === undefined ? {} : { roleArn: caller.roleArn }),
          },
        );
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
}
