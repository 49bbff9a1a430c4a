/** A job on its way to its end. */
export interface Run {
  /** To the end; never rejects. */
  run(): Promise<void>;
  /** Ends what it has started at once, and leaves its record as it is. */
  abandon(): Promise<void>;
}

/** Runs jobs, a few at a time, in the order in which they came. */
export class JobQueue<Job extends Run> {
  readonly #most: number;
  readonly #start: (name: string) => Job;
  readonly #closing: AbortSignal;
  readonly #waiting: string[] = [];
  readonly #running = new Map<string, { job: Job; ended: Promise<void> }>();

  /** @param closing aborts when no more job is to be started */
  constructor(most: number, start: (name: string) => Job, closing: AbortSignal) {
    this.#most = most;
    this.#start = start;
    this.#closing = closing;
  }

  /** @returns whether it has to wait */
  add(name: string): boolean {
    this.#waiting.push(name);
    this.#fill();
    return this.#waiting.includes(name);
  }

  /** @returns whether it was waiting, and waits no more */
  withdraw(name: string): boolean {
    const position = this.#waiting.indexOf(name);
    if (position !== -1) this.#waiting.splice(position, 1);
    return position !== -1;
  }

  running(name: string): Job | undefined {
    return this.#running.get(name)?.job;
  }

  /** Abandons what runs. */
  async close(): Promise<void> {
    const all = [...this.#running.values()];
    await Promise.all(all.map(({ job }) => job.abandon()));
    await Promise.all(all.map(({ ended }) => ended));
  }

  #fill(): void {
    while (!this.#closing.aborted && this.#running.size < this.#most) {
      const name = this.#waiting.shift();
      if (name === undefined) return;
      const job = this.#start(name);
      const ended = job.run().finally(() => {
        this.#running.delete(name);
        this.#fill();
      });
      this.#running.set(name, { job, ended });
    }
  }
}
