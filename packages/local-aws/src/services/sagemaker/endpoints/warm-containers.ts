/** What can be ended for a while. */
export interface Sleeper {
  /** Whether it can sleep: it runs and has no request. */
  readonly idle: boolean;
  sleep(): void;
}

/**
 * The serverless containers that run. SageMaker keeps none for an idle endpoint. Here a few stay, for speed.
 * The one with the oldest last request makes room, so that a hundred endpoints are not a hundred processes.
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
