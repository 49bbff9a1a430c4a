import type { Clock } from '../service.ts';

interface Timer {
  at: number;
  callback: () => void;
  timeout: NodeJS.Timeout;
}

/** The machine's clock, which a test can set forward: for real processes that wait for minutes. */
export class ShiftedClock implements Clock {
  #offset = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return Date.now() + this.#offset;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer: Timer = {
      at: this.now() + milliseconds,
      callback: () => {
        this.#timers.delete(timer);
        callback();
      },
      timeout: setTimeout(() => timer.callback(), milliseconds),
    };
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer.timeout);
      this.#timers.delete(timer);
    };
  }

  /** Sets the clock forward: calls every timer that is due, and shortens the others. */
  advance(milliseconds: number): void {
    this.#offset += milliseconds;
    const now = this.now();
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (!this.#timers.has(timer)) continue;
      clearTimeout(timer.timeout);
      if (timer.at <= now) timer.callback();
      else timer.timeout = setTimeout(() => timer.callback(), timer.at - now);
    }
  }
}
