/** Bytes of the memory that `createAllReduce` needs for `length` values of each worker. */
export function allReduceBytes(workers: number, length: number): number {
  return Int32Array.BYTES_PER_ELEMENT + 2 * workers * length * Float32Array.BYTES_PER_ELEMENT;
}

/**
 * Adds up the values of several threads (an all-reduce). Each thread writes into its own slot, waits until
 * all have written, and sums the slots in the order of ranks, so that all get exactly the same sums. Two sets
 * of slots are used by turns: no thread can overwrite a slot that another one still reads.
 *
 * @param memory shared by all threads; see `allReduceBytes`
 * @param rank of this thread, 0…workers − 1
 * @returns replaces values by their sums; blocks until all threads have called it
 */
export function createAllReduce(
  memory: SharedArrayBuffer,
  workers: number,
  rank: number,
): (values: Float32Array) => void {
  const arrivals = new Int32Array(memory, 0, 1);
  const slots = new Float32Array(memory, Int32Array.BYTES_PER_ELEMENT);
  let round = 0;
  return (values) => {
    const length = values.length;
    const turn = (round % 2) * workers * length;
    slots.set(values, turn + rank * length);
    round++;
    const expected = round * workers;
    Atomics.add(arrivals, 0, 1);
    Atomics.notify(arrivals, 0);
    for (let seen = Atomics.load(arrivals, 0); seen < expected; seen = Atomics.load(arrivals, 0)) {
      Atomics.wait(arrivals, 0, seen);
    }
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let worker = 0; worker < workers; worker++) sum += slots[turn + worker * length + i]!;
      values[i] = sum;
    }
  };
}
