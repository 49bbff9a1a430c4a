/** Milliseconds over which a speed is measured. */
const WINDOW_MS = 10_000;
const SAMPLE_MS = 250;

/** How far the upload of some files is. */
export interface Meter {
  /** Bytes that are there or on their way. */
  readonly done: number;
  /** Bytes that were handed to connections in all, those that had to be sent again included. */
  readonly sent: number;
  /** More bytes were sent, or, negative, have to be sent again. */
  addSent(bytes: number): void;
  /** More bytes were there already. */
  addPresent(bytes: number): void;
  /** Bytes a second over the last seconds. */
  rate(): number;
}

/** @param now milliseconds, monotonic */
export function createMeter(now: () => number): Meter {
  let done = 0;
  let sent = 0;
  const samples: { at: number; sent: number }[] = [{ at: now(), sent: 0 }];
  const sample = () => {
    const at = now();
    if (at - samples.at(-1)!.at >= SAMPLE_MS) samples.push({ at, sent });
    while (samples.length > 2 && at - samples[1]!.at > WINDOW_MS) samples.shift();
  };
  return {
    get done() {
      return done;
    },
    get sent() {
      return sent;
    },
    addSent(bytes) {
      done += bytes;
      if (bytes > 0) sent += bytes;
      sample();
    },
    addPresent(bytes) {
      done += bytes;
    },
    rate() {
      sample();
      const first = samples[0]!;
      const seconds = (now() - first.at) / 1000;
      return seconds <= 0 ? 0 : (sent - first.sent) / seconds;
    },
  };
}
