import { setTimeout as sleep } from 'node:timers/promises';
import { isThrottled, isTransient } from '#cloud/aws/failures.ts';

/** A model that is starting takes longer than a service that is asked too often. */
const STARTING_MS = 2_000;
const THROTTLED_MS = 400;
/** What the second try needs to be worth it. */
const LEAST_TIME_MS = 1_000;

export interface Deadline {
  /** Milliseconds since 1970. */
  at: number;
  now: () => number;
  /** In [0, 1). */
  random: () => number;
}

/**
 * Calls once more after a random pause, where the first call was refused for a reason that passes and the
 * second still has time. The pause is random so that many callers do not come back together.
 *
 * @throws whatever the last call threw
 */
export async function tryTwice<Result>(call: () => Promise<Result>, deadline: Deadline): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    const longest = pauseAfter(error);
    if (longest === undefined) throw error;
    const pause = longest * (0.5 + 0.5 * deadline.random());
    if (deadline.now() + pause + LEAST_TIME_MS > deadline.at) throw error;
    await sleep(pause);
    return call();
  }
}

/** Milliseconds; undefined where a second call would end like the first, or do the model's work twice. */
function pauseAfter(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'ModelNotReadyException') return STARTING_MS;
  // The container has computed, or refused because it has too much to do.
  if (['ModelError', 'TimeoutError', 'AbortError'].includes(error.name)) return undefined;
  return isThrottled(error) || isTransient(error) ? THROTTLED_MS : undefined;
}
