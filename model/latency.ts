import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import type { Evaluation } from '#core/contracts/evaluation.ts';
import { predictImage } from './predict.ts';

/**
 * Time of one image through the model, from encoded bytes to probabilities, one at a time, as an endpoint does it.
 *
 * @param images encoded (JPEG, PNG or WebP), at least one; taken in turn
 * @param repetitions measured predictions, after five that warm up and do not count
 * @param now milliseconds; for tests
 * @returns median and 95th percentile (nearest rank) in milliseconds
 */
export async function measureLatency(
  model: LayersModel,
  input: Input,
  images: readonly Uint8Array[],
  repetitions = 50,
  now: () => number = () => performance.now(),
): Promise<Evaluation['latencyMs']> {
  if (images.length === 0) throw new RangeError('latency needs at least one image');
  const times: number[] = [];
  for (let i = -5; i < repetitions; i++) {
    const image = images[(i + 5) % images.length]!;
    const started = now();
    await predictImage(model, image, input);
    const elapsed = now() - started;
    if (i >= 0) times.push(elapsed);
  }
  times.sort((a, b) => a - b);
  const percentile = (share: number) => times[Math.max(0, Math.ceil(share * times.length) - 1)]!;
  return { p50: percentile(0.5), p95: percentile(0.95) };
}
