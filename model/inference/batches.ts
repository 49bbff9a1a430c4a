/** Takes items one by one, and gives each its own result. */
export type Batches<Item, Result> = (item: Item) => Promise<Result>;

export interface BatchOptions<Item, Result> {
  /** Batches that run at once. */
  atOnce: number;
  /** Items in a batch, at most. */
  size: number;
  /** Gives as many results as items, in their order. */
  run(items: readonly Item[]): Promise<readonly Result[]>;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Puts together what waits while earlier batches run, in the order of calls. Nothing waits for a batch to
 * fill: an item that comes while there is room runs at once and alone. What waits is spread over all the room
 * that there is, so that no thread idles while another one has a long batch.
 */
export function createBatches<Item, Result>({
  atOnce,
  size,
  run,
}: BatchOptions<Item, Result>): Batches<Item, Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let running = 0;

  function start() {
    while (running < atOnce && waiting.length > 0) {
      const share = Math.ceil(waiting.length / (atOnce - running));
      const batch = waiting.splice(0, Math.min(size, share));
      running++;
      run(batch.map(({ item }) => item))
        .then(
          (results) => {
            for (const [at, { resolve }] of batch.entries()) resolve(results[at]!);
          },
          (error: unknown) => {
            for (const { reject } of batch) reject(error);
          },
        )
        .finally(() => {
          running--;
          start();
        });
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      start();
    });
}
