import type { Recipe } from '#core/contracts/domain.ts';
import type { DataSet } from '../data/data-set.ts';
import { type Folds, heldOutBy as holderOf } from '../data/split.ts';
import type { FeatureRows } from './feature-rows.ts';
import type { HeadTask } from './head-objective.ts';

/** The training images' variants as rows for heads, with the folds' images held out. */
export function headTask(
  { train, recipe }: { train: DataSet; recipe: Recipe },
  features: FeatureRows,
  folds: Folds,
): HeadTask {
  const variants = features.rows / train.size;
  const imageOf = (row: number) => Math.floor(row / variants);
  const heldOutBy = Int8Array.from({ length: features.rows }, (_, row) =>
    holderOf(folds, imageOf(row), row % variants, variants),
  );
  return {
    features,
    classIndices: Int32Array.from({ length: features.rows }, (_, row) => train.classIndices[imageOf(row)]!),
    labelCount: train.labels.length,
    heads: folds.heads,
    heldOutBy,
    classWeights: classWeights(train, recipe),
    memoryBytes: memoryBytesOf(recipe),
  };
}

/** Balanced: images / (label count × images of the class), so that the mean over the images is 1. */
function classWeights(train: DataSet, { classWeights }: Recipe): Float64Array {
  const weights = new Float64Array(train.labels.length).fill(1);
  if (classWeights === 'none') return weights;
  const counts = new Int32Array(train.labels.length);
  for (const label of train.classIndices) counts[label]!++;
  return weights.map((_, label) => train.size / (train.labels.length * counts[label]!));
}

export const memoryBytesOf = ({ memoryMegabytes }: Recipe): number => memoryMegabytes * 2 ** 20;
