import type { BatchSource, Selection } from './batch-source.ts';

/** Makes images ready for the network, wherever that is computed. */
export interface Preparer {
  /** @param into gets the values, in shared memory: n × height × width × 3 */
  prepare(selection: Selection, into: Float32Array): Promise<void>;
  close(): Promise<void>;
}

export interface PrefetchOptions {
  /** Images of a batch at the most, and values of each. */
  images: number;
  imageValues: number;
  /**
   * Batches that are prepared ahead of the one that is asked for; 0: each is prepared when it is asked for.
   * `depthFor` when left out.
   */
  depth?: number;
}

/** Bytes of the batches that lie ready, about. */
const AHEAD_BYTES = 128 * 2 ** 20;
const MOST_AHEAD = 4;

/**
 * How many batches of so many values lie ready: few large or some small ones, so that memory stays bounded.
 */
const depthFor = (length: number): number =>
  Math.max(1, Math.min(MOST_AHEAD, Math.floor(AHEAD_BYTES / (4 * length))));

/**
 * Batches that are prepared ahead, as long as there is something to prepare. The caller closes the preparer.
 *
 * @param select what a step gets; undefined after the last one
 */
export function prefetchedBatches(
  select: (step: number) => Selection | undefined,
  preparer: Pick<Preparer, 'prepare'>,
  { images, imageValues, depth = depthFor(images * imageValues) }: PrefetchOptions,
): BatchSource {
  const length = images * imageValues;
  const slots = Array.from(
    { length: Math.max(1, depth) },
    () => new Float32Array(new SharedArrayBuffer(4 * length)),
  );
  const own = new Float32Array(length);
  /** By step. */
  const pending = new Map<number, { selection: Selection; slot: Float32Array; ready: Promise<void> }>();
  let next: number | undefined;

  function request(slot: Float32Array) {
    const selection = select(next!);
    if (selection === undefined) return;
    const ready = preparer.prepare(selection, slot);
    // The caller who takes the batch hears of a failure. One that is never taken must not end the process.
    ready.catch(() => {});
    pending.set(next!++, { selection, slot, ready });
  }

  return {
    async take(step) {
      if (next === undefined || depth === 0) {
        next = step;
        for (const slot of slots) request(slot);
      }
      const batch = pending.get(step);
      if (batch === undefined) throw new RangeError(`step ${step} was not the next one`);
      await batch.ready;
      pending.delete(step);
      const { classIndices } = batch.selection;
      const size = classIndices.length * imageValues;
      own.set(batch.slot.subarray(0, size));
      if (depth > 0) request(batch.slot);
      return { values: own.subarray(0, size), classIndices };
    },
    async close() {
      await Promise.allSettled([...pending.values()].map(({ ready }) => ready));
      pending.clear();
    },
  };
}
