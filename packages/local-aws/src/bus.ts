import type { Logger } from 'pino';
import type { BusEvent } from './service.ts';
import type { Services } from './wire/services.ts';

/**
 * Hands events to the default event bus: to every service with `onBusEvent`. Events published before `open`
 * wait until then; later ones are delivered after the publisher's own work.
 */
export class Bus {
  readonly #services: Services;
  readonly #log: Logger;
  #waiting: BusEvent[] | undefined = [];

  constructor(services: Services, log: Logger) {
    this.#services = services;
    this.#log = log;
  }

  publish(event: BusEvent): void {
    if (this.#waiting !== undefined) this.#waiting.push(event);
    else setImmediate(() => void this.#deliver(event));
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const event of waiting) this.publish(event);
  }

  /** Later events are dropped. */
  close(): void {
    this.#waiting = [];
  }

  async #deliver(event: BusEvent): Promise<void> {
    for (const service of this.#services.all()) {
      try {
        await service.onBusEvent?.(event);
      } catch (error) {
        this.#log.error({ err: error, event }, 'the event bus failed');
      }
    }
  }
}
