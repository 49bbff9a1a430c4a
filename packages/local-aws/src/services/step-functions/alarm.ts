import type { Clock } from '../../service.ts';

/** Timers of Node overflow beyond this many milliseconds (24.8 days) and ring at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Calls back once when the clock reaches an absolute time, however far off; the returned function cancels.
 *
 * @param at milliseconds since 1970; in the past means as soon as possible
 */
export function alarm(clock: Clock, at: number, ring: () => void): () => void {
  let cancel = () => {};
  const arm = () => {
    const left = Math.max(0, at - clock.now());
    cancel = clock.after(Math.min(left, LONGEST), () => (clock.now() >= at ? ring() : arm()));
  };
  arm();
  return () => cancel();
}
