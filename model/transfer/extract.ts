import type { LabelledFiles } from '../data/labelled-files.ts';
import { seedOf, type Variants } from '../data/variants.ts';
import type { InferencePool } from '../inference/pool.ts';
import { createFeatureRows, type FeatureRows } from './feature-rows.ts';

/** Tasks that wait for a thread, for each thread: more would only hold results in memory. */
const AHEAD = 3;

export interface ExtractionOptions {
  /** Which of the pool's forms; see `InferenceTask`. */
  form: number;
  /** Widths of the pool's outputs, in their order. */
  widths: readonly number[];
  variants: Variants;
  /** Features of all outputs together that need more go to disk. */
  memoryBytes: number;
  onImage?: (() => void) | undefined;
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
  { form, widths, variants, memoryBytes, onImage, signal }: ExtractionOptions,
): Promise<FeatureRows[]> {
  const { perImage } = variants;
  const total = widths.reduce((sum, width) => sum + width, 0);
  const all = widths.map((width) =>
    createFeatureRows(data.size * perImage, width, (memoryBytes * width) / total),
  );
  let next = 0;
  const work = async () => {
    while (next < data.size) {
      const image = next++;
      const seeds = Array.from({ length: perImage }, (_, v) => seedOf(variants, data.ids[image]!, v));
      const results = await pool.infer({ image: data.paths[image]!, form, seeds }, signal);
      signal?.throwIfAborted();
      for (const [variant, outputs] of results.entries()) {
        for (const [i, values] of outputs.entries()) all[i]!.write(values, image * perImage + variant);
      }
      onImage?.();
    }
  };
  try {
    await Promise.all(Array.from({ length: AHEAD * pool.threads }, work));
  } catch (error) {
    for (const rows of all) rows.close();
    throw error;
  }
  return all;
}
