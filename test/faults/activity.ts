// Not the global ones, which are the run's own within a function.
import { clearTimeout, setTimeout } from 'node:timers';
import { setImmediate as turn } from 'node:timers/promises';

/**
 * Turns of the event loop without anything under way before a run counts as quiet; compression works unseen
 * between two reads.
 */
const STILL_TURNS = 100;
/** Real time in which a request is answered that waits for nothing but this process. */
const ANSWER_MS = 500;
/** Real time after which a run that never comes to rest is given up. */
const RESTLESS_MS = 120_000;
/** Requests to the operating system, as Node names them. */
const isRequest = (name: string) => /^FSReq|^GetAddrInfo|ConnectWrap$|WriteWrap$|ShutdownWrap$/.test(name);

/** What is under way in this process, so that the clock moves only when everything waits for it. */
export class Activity {
  readonly #busy = new Set<() => boolean>();
  #count = 0;

  /** Something that is under way until the returned function is called. */
  begin(): () => void {
    this.#count += 1;
    let over = false;
    return () => {
      if (!over) this.#count -= 1;
      over = true;
    };
  }

  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    const end = this.begin();
    try {
      return await work();
    } finally {
      end();
    }
  }

  /**
   * A request that may have to wait for the run's clock (an endpoint whose container is being started): under
   * way for a moment only.
   */
  async patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    const end = this.begin();
    const timer = setTimeout(end, ANSWER_MS);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      end();
    }
  }

  /** Something that knows by itself whether it is under way, until the returned function is called. */
  watch(busy: () => boolean): () => void {
    this.#busy.add(busy);
    return () => this.#busy.delete(busy);
  }

  get busy(): boolean {
    return this.#count > 0 || [...this.#busy].some((isBusy) => isBusy());
  }

  /**
   * Resolves when nothing is under way any more: what remains waits for the clock.
   *
   * @throws Error when that never comes to be
   */
  async untilQuiet(): Promise<void> {
    const began = performance.now();
    for (let still = 0; still < STILL_TURNS; ) {
      await turn();
      still = this.busy || process.getActiveResourcesInfo().some(isRequest) ? 0 : still + 1;
      if (performance.now() - began > RESTLESS_MS) {
        throw new Error(
          `The run does not come to rest: something has been under way for ${RESTLESS_MS / 1000} s`,
        );
      }
    }
  }
}
