import { setImmediate } from 'node:timers/promises';
import { HttpProblem } from './http-problem.ts';

/**
 * Runs tasks one after another, with a turn of the event loop between them, so that a `/ping` never waits for more than one
 * prediction however many are queued.
 *
 * @param limit tasks that may wait or run; one more is refused with 429, which is no 5xx and trips no rollback alarm
 */
export function createQueue(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  let size = 0;
  let tail: Promise<unknown> = Promise.resolve();
  return async (task) => {
    if (size >= limit) {
      throw new HttpProblem(429, `${limit} images are waiting already: try again later`, {
        'retry-after': '1',
      });
    }
    size++;
    const turn = tail.then(() => setImmediate()).then(task);
    tail = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      size--;
    }
  };
}
