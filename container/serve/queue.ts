import { setImmediate } from 'node:timers/promises';
import { HttpProblem } from './http-problem.ts';

/** Nobody waits for the answer any more. */
export class CallerGoneError extends Error {
  constructor() {
    super('The caller has gone');
    this.name = 'CallerGone';
  }
}

/** @param gone aborts when nobody waits for the task's result any more */
export type Queue = <T>(task: () => Promise<T>, gone: AbortSignal) => Promise<T>;

/**
 * Runs tasks one after another, with a turn of the event loop between them, so that a `/ping` never waits for more than one
 * prediction however many are queued. A task whose caller goes while it waits never runs, and gives its place away at once.
 *
 * @param limit tasks that may wait or run; one more is refused with 429, which is no 5xx and trips no rollback alarm
 */
export function createQueue(limit: number): Queue {
  const waiting = new Set<() => Promise<void>>();
  let running = 0;
  let isWorking = false;

  async function work(): Promise<void> {
    if (isWorking) return;
    isWorking = true;
    // What is added meanwhile comes at the end of the same loop.
    for (const run of waiting) {
      await setImmediate();
      // In that turn its caller may have gone.
      if (!waiting.delete(run)) continue;
      await run();
    }
    isWorking = false;
  }

  return (task, gone) =>
    new Promise((resolve, reject) => {
      if (gone.aborted) throw new CallerGoneError();
      if (waiting.size + running >= limit) {
        throw new HttpProblem(429, `${limit} images are waiting already: try again later`, {
          'retry-after': '1',
        });
      }
      const leave = () => {
        if (waiting.delete(run)) reject(new CallerGoneError());
      };
      const run = () => {
        gone.removeEventListener('abort', leave);
        running = 1;
        const leaves = () => {
          running = 0;
        };
        // The place is free before the caller hears of the result.
        return task().finally(leaves).then(resolve, reject);
      };
      gone.addEventListener('abort', leave);
      waiting.add(run);
      void work();
    });
}
