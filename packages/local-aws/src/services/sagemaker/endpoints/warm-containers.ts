/** What can be ended for a while. */
export interface Sleeper {
  /** Whether it could sleep now: it runs, and nobody waits for its answer. */
  readonly idle: boolean;
  sleep(): void;
}

/**
 * The serverless containers that run. SageMaker keeps none for an endpoint that nobody asks; here a few stay for speed, and the one that
 * was asked longest ago makes room: a hundred domains would otherwise be a hundred processes.
 */
export class WarmContainers {
  readonly #most: number;
  /** In the order of their last use. */
  readonly #running = new Set<Sleeper>();

  constructor(most: number) {
    this.#most = most;
  }

  /** It has started, or has answered. */
  used(container: Sleeper): void {
    this.#running.delete(container);
    this.#running.add(container);
    for (const other of this.#running) {
      if (this.#running.size <= this.#most) return;
      if (other === container || !other.idle) continue;
      this.#running.delete(other);
      other.sleep();
    }
  }

  /** It has ended. */
  remove(container: Sleeper): void {
    this.#running.delete(container);
  }
}
