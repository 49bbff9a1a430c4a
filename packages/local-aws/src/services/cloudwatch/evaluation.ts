import { ServiceError, type World } from '../../service.ts';
import type { Alarms } from './alarms.ts';
import { measureQueues } from './measured.ts';

/** CloudWatch evaluates an alarm as often as its shortest period. */
const EVERY_MS = 10_000;
/** SQS measures once a minute. */
const MINUTE_MS = 60_000;

/** Evaluates the alarms by the clock, and measures the queues. */
export class Evaluation {
  readonly #world: World;
  readonly #alarms: Alarms;
  #cancel = () => {};
  #measuredMinute = Number.NEGATIVE_INFINITY;

  constructor(world: World, alarms: Alarms) {
    this.#world = world;
    this.#alarms = alarms;
  }

  start(): void {
    const { clock, log } = this.#world;
    const now = clock.now();
    // On the clock's own tens of seconds, so that a period is looked at the moment it ends.
    this.#cancel = clock.after(EVERY_MS - (now % EVERY_MS), () => this.start());
    this.#alarms.evaluate();
    const minute = Math.floor(now / MINUTE_MS);
    if (minute === this.#measuredMinute) return;
    this.#measuredMinute = minute;
    measureQueues(this.#world).catch((error: unknown) => {
      if (!(error instanceof ServiceError && error.code === 'UnknownOperationException')) {
        log.error({ err: error }, 'the queues could not be measured');
      }
    });
  }

  stop(): void {
    this.#cancel();
  }
}
