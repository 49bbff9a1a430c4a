import type { Clock } from './service.ts';

/** Node's timers take at most a signed 32-bit number of milliseconds; longer waits are cut into pieces. */
const LONGEST = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const end = performance.now() + milliseconds;
    let timer: NodeJS.Timeout;
    const wait = () => {
      const left = end - performance.now();
      if (left > LONGEST) timer = setTimeout(wait, LONGEST);
      else timer = setTimeout(callback, Math.max(0, left));
    };
    wait();
    return () => clearTimeout(timer);
  },
};
