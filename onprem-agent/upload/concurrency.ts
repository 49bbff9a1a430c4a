/** Parts under way at once, at most. */
const MOST = 4;
/** Parts that have to arrive over each connection before there is one more. */
const ARRIVALS = 16;

/**
 * How many parts are under way at once. A link that breaks costs what is under way on every connection, so a
 * failure halves their number, and parts that arrive raise it by one again.
 */
export class Concurrency {
  #limit = MOST;
  #arrived = 0;

  get limit(): number {
    return this.#limit;
  }

  arrived(): void {
    this.#arrived++;
    if (this.#arrived < ARRIVALS * this.#limit || this.#limit === MOST) return;
    this.#limit++;
    this.#arrived = 0;
  }

  failed(): void {
    this.#limit = Math.max(1, this.#limit >> 1);
    this.#arrived = 0;
  }
}
