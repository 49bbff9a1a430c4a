import type { Recipe } from '#core/contracts/domain.ts';
import type { LabelledFiles } from '../data/labelled-files.ts';
import { type Folds, heldOutBy as holderOf } from '../data/split.ts';
import type { HeadTask } from './head-objective.ts';
import type { HeadSpace } from './head-space.ts';
import type { Products } from './products.ts';

/**
 * The images' variants as rows for heads, with the folds' images held out.
 *
 * @param space one row for each variant of each image
 */
export function headTask(
  { images, recipe, products }: { images: LabelledFiles; recipe: Recipe; products: Products },
  { rows: features, scaling }: HeadSpace,
  folds: Folds,
): HeadTask {
  const variants = features.rows / images.size;
  const imageOf = (row: number) => Math.floor(row / variants);
  const heldOutBy = Int8Array.from({ length: features.rows }, (_, row) =>
    holderOf(folds, imageOf(row), row % variants, variants),
  );
  return {
    features,
    scaling,
    products,
    classIndices: Int32Array.from({ length: features.rows }, (_, row) => images.classIndices[imageOf(row)]!),
    labelCount: images.labels.length,
    heads: folds.heads,
    heldOutBy,
    classWeights: classWeights(images, recipe),
  };
}

/** Balanced: images / (label count × images of the class), so that the mean over the images is 1. */
function classWeights(images: LabelledFiles, { classWeights }: Recipe): Float64Array {
  const weights = new Float64Array(images.labels.length).fill(1);
  if (classWeights === 'none') return weights;
  const counts = new Int32Array(images.labels.length);
  for (const label of images.classIndices) counts[label]!++;
  return weights.map((_, label) => images.size / (images.labels.length * counts[label]!));
}
