import type { LabelledFiles } from '../data/labelled-files.ts';
import { seedOf, type Variants } from '../data/variants.ts';
import { inferImages } from '../inference/infer-images.ts';
import type { InferencePool } from '../inference/pool.ts';
import type { InferenceResult } from '../inference/worker.ts';
import { createFeatureRows, type FeatureRows } from './feature-rows.ts';

export interface ExtractionOptions {
  /** Which of the pool's forms; see `InferenceTask`. */
  form: number;
  /** Widths of the pool's outputs, in their order. */
  widths: readonly number[];
  variants: Variants;
  /** Features of all outputs together that need more go to disk. */
  memoryBytes: number;
  signal?: AbortSignal | undefined;
}

/**
 * Runs every variant of the images through the pool's model. Images are read when their turn comes.
 *
 * @returns the values of each output: one row for each variant of each image; the caller closes them
 * @throws the signal's reason, or InvalidInputError when an image can no longer be read
 */
export async function extractFeatures(
  pool: InferencePool,
  data: Pick<LabelledFiles, 'ids' | 'paths' | 'size'>,
  { form, widths, variants, memoryBytes, signal }: ExtractionOptions,
): Promise<FeatureRows[]> {
  const { perImage } = variants;
  const total = widths.reduce((sum, width) => sum + width, 0);
  const all = widths.map((width) =>
    createFeatureRows(data.size * perImage, width, (memoryBytes * width) / total),
  );
  const taskOf = (image: number) => ({
    image: data.paths[image]!,
    form,
    seeds: Array.from({ length: perImage }, (_, variant) => seedOf(variants, data.ids[image]!, variant)),
  });
  const onResult = (image: number, result: InferenceResult) => {
    for (const [variant, outputs] of result.entries()) {
      for (const [i, values] of outputs.entries()) all[i]!.write(values, image * perImage + variant);
    }
  };
  try {
    await inferImages(pool, { count: data.size, taskOf, onResult }, signal);
  } catch (error) {
    for (const rows of all) rows.close();
    throw error;
  }
  return all;
}
