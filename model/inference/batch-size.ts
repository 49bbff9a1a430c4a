/** Larger batches were never faster, and each takes more memory. */
const SIZES = [2, 4, 8];
/** Share of the time per image that a batch of twice the size must save: less is within measuring errors. */
const LEAST_GAIN = 0.1;
/** A batch answers its first image only with its last one. */
const LONGEST_BATCH_MS = 100;
const ROUNDS = 3;

export interface BatchTrial {
  /** Runs as many batches of this size as are computed at once, and waits for all of them. */
  run(size: number): Promise<unknown>;
  /** Milliseconds since some moment. */
  now(): number;
}

/**
 * The size of a batch that pays on this machine: doubled as long as that makes the time per image a tenth
 * shorter. On CPUs most networks take as long for eight images at once as for eight one by one, and get 1:
 * batches are off. Small networks, whose runs have more overhead than computing, gain.
 *
 * @returns 1, 2, 4 or 8
 */
export async function measureBatchSize({ run, now }: BatchTrial): Promise<number> {
  const perImage = async (size: number) => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const began = now();
      await run(size);
      best = Math.min(best, (now() - began) / size);
    }
    return best;
  };
  let chosen = 1;
  let time = await perImage(1);
  for (const size of SIZES) {
    if (time * size > LONGEST_BATCH_MS) break;
    const longer = await perImage(size);
    if (longer > time * (1 - LEAST_GAIN)) break;
    chosen = size;
    time = longer;
  }
  return chosen;
}
