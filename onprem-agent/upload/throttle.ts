import { setTimeout as sleep } from 'node:timers/promises';
import type { Rate } from './bandwidth.ts';

/** Bytes that are written to a connection at once, at most. */
const CHUNK_BYTES = 256 * 1024;
const LEAST_CHUNK_BYTES = 1024;
/** With a limit, how many chunks a second are sent over all connections. */
const CHUNKS_PER_SECOND = 16;
/** Milliseconds until a pause, or a limit that may have changed, is looked at again. */
const LOOK_MS = 1000;

/** One limit for everything that a process sends. */
export interface Throttle {
  /** How many bytes to send next. */
  chunkBytes(): number;
  /** Waits until so many bytes may be sent. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

export interface ThrottleOptions {
  /** Bytes a second as of now; asked before every chunk, so a limit may change at any time. */
  limit(): Rate;
  /** Milliseconds, monotonic. */
  now?: () => number;
  pause?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/** A token bucket that holds one chunk: chunks are handed out in turn, as far apart as the limit says. */
export function createThrottle({
  limit,
  now = () => performance.now(),
  pause = (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
}: ThrottleOptions): Throttle {
  let freeAt = Number.NEGATIVE_INFINITY;
  return {
    chunkBytes() {
      const each = Math.floor(limit() / CHUNKS_PER_SECOND);
      return Math.min(CHUNK_BYTES, Math.max(LEAST_CHUNK_BYTES, each));
    },
    async take(bytes, signal) {
      let rate = limit();
      while (rate === 0) {
        await pause(LOOK_MS, signal);
        rate = limit();
      }
      if (rate === Number.POSITIVE_INFINITY) return;
      const at = Math.max(now(), freeAt);
      freeAt = at + (bytes / rate) * 1000;
      const wait = at - now();
      if (wait > 0) await pause(wait, signal);
    },
  };
}
