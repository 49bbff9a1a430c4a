import type { DataSet } from '../data/data-set.ts';
import { seedOf, type Variants } from '../data/variants.ts';
import type { InferencePool } from '../inference/pool.ts';
import { createFeatureRows, type FeatureRows } from './feature-rows.ts';

/** Tasks that wait for a thread, for each thread: more would only hold results in memory. */
const AHEAD = 3;

export interface ExtractionOptions {
  /** Which images, as indices into the data set; all when left out. */
  images?: ArrayLike<number>;
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
  data: Pick<DataSet, 'ids' | 'size'> & { paths: readonly string[] },
  { form, widths, variants, memoryBytes, onImage, signal, ...options }: ExtractionOptions,
): Promise<FeatureRows[]> {
  const images = options.images ?? Array.from({ length: data.size }, (_, i) => i);
  const { perImage } = variants;
  const total = widths.reduce((sum, width) => sum + width, 0);
  const all = widths.map((width) =>
    createFeatureRows(images.length * perImage, width, (memoryBytes * width) / total),
  );
  let next = 0;
  const work = async () => {
    while (next < images.length) {
      const at = next++;
      const image = images[at]!;
      const seeds = Array.from({ length: perImage }, (_, v) => seedOf(variants, data.ids[image]!, v));
      const results = await pool.infer({ image: data.paths[image]!, form, seeds }, signal);
      signal?.throwIfAborted();
      for (const [variant, outputs] of results.entries()) {
        for (const [i, values] of outputs.entries()) all[i]!.write(values, at * perImage + variant);
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
