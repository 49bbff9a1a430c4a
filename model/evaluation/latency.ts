import type { Evaluation } from '#core/contracts/evaluation.ts';

/**
 * Time of one image through a served model, one at a time.
 *
 * @param ask sends one encoded image and waits for the whole answer
 * @param images encoded, at least one; taken in turn
 * @param repetitions measured predictions, after five that warm up and do not count
 * @param now milliseconds; for tests
 * @returns median and 95th percentile (nearest rank) in milliseconds
 */
export async function measureLatency(
  ask: (image: Uint8Array) => Promise<unknown>,
  images: readonly Uint8Array[],
  repetitions = 50,
  now: () => number = () => performance.now(),
): Promise<Evaluation['latencyMs']> {
  if (images.length === 0) throw new RangeError('latency needs at least one image');
  const times: number[] = [];
  for (let i = -5; i < repetitions; i++) {
    const image = images[(i + 5) % images.length]!;
    const started = now();
    await ask(image);
    const elapsed = now() - started;
    if (i >= 0) times.push(elapsed);
  }
  times.sort((a, b) => a - b);
  const percentile = (share: number) => times[Math.max(0, Math.ceil(share * times.length) - 1)]!;
  return { p50: percentile(0.5), p95: percentile(0.95) };
}
