import type { Recipe } from '#core/contracts/domain.ts';
import type { VariantBudget } from '#core/contracts/evaluation.ts';
import { monotonicMs } from '#core/monotonic.ts';
import type { LabelledFiles } from '../data/labelled-files.ts';
import { inferFile } from '../inference/infer-file.ts';
import type { InferencePool } from '../inference/pool.ts';
import { hasSingleImages } from './decidable-recipe.ts';

/** Share of a job's time that the features of the training images may take. */
const SHARE = 0.4;
/** Images that are timed, for each thread. The first of each thread warms it up and does not count. */
const TIMED = 3;

/**
 * Measures how long the pool takes for an image, and how many variants of each image fit into the job's time.
 *
 * @param passes how often each variant passes the pool's model: once for each form
 * @returns the number of variants, at least `leastVariants`, and what decided it
 */
export async function budgetVariants(
  pool: InferencePool,
  images: LabelledFiles,
  recipe: Pick<Recipe, 'augmentation' | 'maximumRows' | 'maxSeconds'>,
  passes: number,
): Promise<{ variants: number; budget: VariantBudget }> {
  const millisecondsPerVariant = await timeOf(pool, images);
  const seconds = SHARE * recipe.maxSeconds;
  const most = {
    augmentation: recipe.augmentation,
    maximumRows: Math.floor(recipe.maximumRows / images.size),
    maxSeconds: Math.floor((1_000 * seconds) / (images.size * passes * millisecondsPerVariant)),
  };
  const limits = Object.keys(most) as (keyof typeof most)[];
  const limit = limits.reduce((a, b) => (most[b] < most[a] ? b : a));
  return {
    variants: Math.max(leastVariants(images), most[limit]),
    budget: { asked: recipe.augmentation, limit, seconds, millisecondsPerVariant },
  };
}

/**
 * Where every class has a single image, only a variant of it can be held out: without any, nothing could be
 * measured.
 */
export const leastVariants = (images: Pick<LabelledFiles, 'classIndices' | 'size'>): number =>
  hasSingleImages(images) ? 2 : 1;

/** @returns milliseconds, of all threads together */
async function timeOf(pool: InferencePool, { paths, size }: LabelledFiles): Promise<number> {
  const run = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => inferFile(pool, { image: paths[i % size]! })));
  await run(pool.threads);
  const startedAt = monotonicMs();
  await run(TIMED * pool.threads);
  return Math.max(1e-3, (monotonicMs() - startedAt) / (TIMED * pool.threads));
}
