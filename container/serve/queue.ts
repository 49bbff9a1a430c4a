import { ProblemError } from '#core/problem.ts';

/** The caller closed the connection before the answer. */
export class CallerGoneError extends Error {
  constructor() {
    super('The caller has gone');
    this.name = 'CallerGone';
  }
}

export interface Queue {
  /** @param signal aborts when the caller has gone */
  inTurn<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** @throws ProblemError 429 while one more task would be refused */
  refuseWhenFull(): void;
}

export interface QueueOptions {
  /** Tasks that run at once. */
  atOnce: number;
  /** Tasks that may wait or run; one more is refused with 429, which is no 5xx and trips no alarm. */
  limit: number;
}

/**
 * Runs tasks in the order of calls. A waiting task whose caller goes is dropped at once and never runs.
 */
export function createQueue({ atOnce, limit }: QueueOptions): Queue {
  const waiting = new Set<() => void>();
  let running = 0;

  function startNext() {
    for (const start of waiting) {
      if (running >= atOnce) return;
      waiting.delete(start);
      start();
    }
  }

  function refuseWhenFull() {
    if (waiting.size + running < limit) return;
    throw new ProblemError(429, `${limit} images are waiting already: try again later`, {
      retryAfterSeconds: 1,
    });
  }

  const inTurn: Queue['inTurn'] = (task, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) throw new CallerGoneError();
      refuseWhenFull();
      const drop = () => {
        if (waiting.delete(start)) reject(new CallerGoneError());
      };
      const start = () => {
        signal.removeEventListener('abort', drop);
        running++;
        const end = () => {
          running--;
          startNext();
        };
        // The place is free before the caller gets the result.
        task().finally(end).then(resolve, reject);
      };
      signal.addEventListener('abort', drop);
      waiting.add(start);
      startNext();
    });
  return { inTurn, refuseWhenFull };
}
