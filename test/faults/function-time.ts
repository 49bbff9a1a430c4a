import type { ManualClock } from 'local-aws/testing';
import { currentInvocation, type Invocation } from './invocation.ts';

/** A timer of a function, on the run's clock. */
class FunctionTimer {
  readonly #invocation: Invocation;
  readonly #cancel: () => void;
  #over = false;

  constructor(invocation: Invocation, clock: ManualClock, callback: () => void, milliseconds: number) {
    this.#invocation = invocation;
    invocation.waiting += 1;
    this.#cancel = clock.after(milliseconds, () => {
      this.#end();
      if (!invocation.dead) callback();
    });
  }

  cancel(): void {
    this.#cancel();
    this.#end();
  }

  ref = () => this;
  unref = () => this;
  hasRef = () => false;

  #end(): void {
    if (!this.#over) this.#invocation.waiting -= 1;
    this.#over = true;
  }
}

/**
 * Gives whatever runs within a function the run's clock for its timers (the SDK's pauses between attempts)
 * and for `Date.now`, so that no run sleeps. Everything else keeps the machine's time.
 */
export function installFunctionTime(): void {
  const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;
  const realNow = Date.now;
  Date.now = () => currentInvocation.getStore()?.clock.now() ?? realNow();
  globalThis.setTimeout = ((callback: (...values: unknown[]) => void, milliseconds = 0, ...values: []) => {
    const invocation = currentInvocation.getStore();
    if (invocation === undefined) return realSetTimeout(callback, milliseconds, ...values);
    return new FunctionTimer(invocation, invocation.clock, () => callback(...values), milliseconds);
  }) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timer: unknown) => {
    if (timer instanceof FunctionTimer) timer.cancel();
    else realClearTimeout(timer as NodeJS.Timeout);
  }) as typeof clearTimeout;
}
