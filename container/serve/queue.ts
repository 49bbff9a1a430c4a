import { setImmediate } from 'node:timers/promises';
import { ProblemError } from '#core/problem.ts';

/** The caller closed the connection before the answer. */
export class CallerGoneError extends Error {
  constructor() {
    super('The caller has gone');
    this.name = 'CallerGone';
  }
}

/** @param signal aborts when the caller has gone */
export type Queue = <T>(task: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/**
 * Runs tasks one after another, with a turn of the event loop between them, so that a `/ping` waits for one
 * prediction at most, however many are queued. A waiting task whose caller goes is dropped at once and never
 * runs.
 *
 * @param limit tasks that may wait or run; one more is refused with 429, which is no 5xx and trips no alarm
 */
export function createQueue(limit: number): Queue {
  const waiting = new Set<() => Promise<void>>();
  let running = 0;
  let isWorking = false;

  async function work(): Promise<void> {
    if (isWorking) return;
    isWorking = true;
    // A set's iterator also visits what is added meanwhile.
    for (const run of waiting) {
      await setImmediate();
      // The caller may have gone in that turn.
      if (!waiting.delete(run)) continue;
      await run();
    }
    isWorking = false;
  }

  return (task, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) throw new CallerGoneError();
      if (waiting.size + running >= limit) {
        throw new ProblemError(429, `${limit} images are waiting already: try again later`, {
          retryAfterSeconds: 1,
        });
      }
      const drop = () => {
        if (waiting.delete(run)) reject(new CallerGoneError());
      };
      const run = () => {
        signal.removeEventListener('abort', drop);
        running = 1;
        const end = () => {
          running = 0;
        };
        // The place is free before the caller gets the result.
        return task().finally(end).then(resolve, reject);
      };
      signal.addEventListener('abort', drop);
      waiting.add(run);
      void work();
    });
}
