import type { Input } from '#core/contracts/common.ts';
import { monotonicMs } from '#core/monotonic.ts';
import type { TrainingImages } from '../data/training-images.ts';
import { createSelection } from './batch-source.ts';
import { type GeneralTrainingOptions, prepareTraining } from './general.ts';
import { prepareHere } from './worker-data.ts';

/** Images of a batch as a person can look at them. */
export interface BatchSample {
  /** height × width × 3 values in 0…255 of each. */
  pixels: Uint8Array[];
}

/**
 * Shows what a training's steps see: the same images, varied in the same way, made again beside it.
 *
 * @param count images of each sample, at most those of worker 0
 */
export async function openBatchSamples(
  images: TrainingImages,
  options: GeneralTrainingOptions,
  count: number,
): Promise<{ take(step: number): Promise<BatchSample>; close(): Promise<void> }> {
  const { plan, data } = prepareTraining(images, options, monotonicMs());
  const preparer = await prepareHere(data.pixels, plan);
  const select = createSelection(plan, 0);
  const size = images.input.height * images.input.width * 3;
  return {
    async take(step) {
      const selection = select(step);
      const chosen = selection.images.subarray(0, count).map((image) => data.images[image]!);
      const values = new Float32Array(chosen.length * size);
      await preparer.prepare({ ...selection, images: chosen }, values);
      return {
        pixels: Array.from(chosen, (_, i) =>
          toPixels(values.subarray(i * size, (i + 1) * size), images.input),
        ),
      };
    },
    close: preparer.close,
  };
}

/** Back from what the network takes. */
function toPixels(values: Float32Array, { mean, deviation }: Input): Uint8Array {
  const pixels = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i++) pixels[i] = values[i]! * deviation[i % 3]! + mean[i % 3]!;
  return new Uint8Array(pixels.buffer);
}
