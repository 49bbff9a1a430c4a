import { createRandom } from '#core/random.ts';
import { conformalBound } from '#core/statistics.ts';
import type { LabelledFiles } from '../data/labelled-files.ts';
import type { FeatureRows } from '../transfer/feature-rows.ts';
import { yieldToEventLoop } from '../yield-to-event-loop.ts';
import {
  addRow,
  type ClassStatistics,
  type ClassSums,
  combine,
  createSums,
  distanceOf,
  statisticsOf,
} from './class-statistics.ts';

const FOLDS = 5;
/** More variants of an image do not make its class's mean more accurate. */
const MAXIMUM_VARIANTS = 4;
/** Limits of the rows and of the held-out images: large domains use a part of their images. */
const MAXIMUM_ROWS = 20_000;
const MAXIMUM_HELD_OUT = 2_000;
const IMAGES_PER_TURN = 256;

/** Features of a domain's training images. */
export interface UnsureFeatures {
  /** Name of the graph's output that has them, shape [n, width]. */
  output: string;
  /** One row for each variant of each image. */
  rows: FeatureRows;
  images: Pick<LabelledFiles, 'labels' | 'classIndices' | 'size'>;
}

/** The means of the domain's classes, and the distance from which on an image belongs to none of them. */
export interface OutOfDomain {
  statistics: ClassStatistics;
  /** The distance that most of the domain's own images stay within. */
  threshold: number;
  /** Unit of the distance from the threshold: the standard deviation of the held-out images' distances. */
  spread: number;
  /** Number of held-out images that the threshold comes from. */
  heldOut: number;
}

export interface DomainOptions {
  /** Share of the domain's own images that must not be called unsure, in (0, 1]. */
  keep: number;
  seed: number;
}

/**
 * Measures the features of the domain's training images.
 *
 * The threshold comes from images that the class means do not contain: the images are held out in five parts,
 * stratified by class, and every part is measured with the means of the other four (cross-conformal
 * prediction: Vovk, 2015, Annals of Mathematics and Artificial Intelligence 74:9–28). So even the smallest
 * domain holds out every image.
 *
 * @throws the signal's reason
 */
export async function measureDomain(
  { rows, images }: Pick<UnsureFeatures, 'rows' | 'images'>,
  { keep, seed }: DomainOptions,
  signal?: AbortSignal,
): Promise<OutOfDomain> {
  const plan = planOf(images, seed);
  const labelCount = images.labels.length;
  const variants = rows.rows / images.size;
  const used = Math.max(1, Math.min(MAXIMUM_VARIANTS, variants, Math.floor(MAXIMUM_ROWS / plan.length)));
  const folds = Array.from({ length: FOLDS }, () => createSums(labelCount, rows.width));
  const held: { row: Float32Array; fold: number }[] = [];
  for (const [i, { image, fold, isHeldOut }] of plan.entries()) {
    const from = image * variants;
    for (let row = from; row < from + used; row++) {
      const own = rows.read(row, row + 1);
      addRow(folds[fold]!, images.classIndices[image]!, own);
      // A copy, because the next read overwrites the row.
      if (isHeldOut && row === from) held.push({ row: own.slice(), fold });
    }
    if (i % IMAGES_PER_TURN === 0) await yieldToEventLoop(signal);
  }
  const total = combine(folds.map((sums) => ({ sums, sign: 1 })));
  const measure = (sums: ClassSums) => statisticsOf(sums, used, plan.length / labelCount);
  const without = folds.map((sums) =>
    measure(
      combine([
        { sums: total, sign: 1 },
        { sums, sign: -1 },
      ]),
    ),
  );
  const distances = held.map(({ row, fold }) => distanceOf(without[fold]!, row));
  return {
    statistics: measure(total),
    threshold: conformalBound(distances, keep),
    spread: deviationOf(distances),
    heldOut: held.length,
  };
}

interface Planned {
  image: number;
  fold: number;
  isHeldOut: boolean;
}

/**
 * The images that are measured, those of each class in random order, and the part in which each is held out.
 */
function planOf({ labels, classIndices }: UnsureFeatures['images'], seed: number): Planned[] {
  const byClass: number[][] = labels.map(() => []);
  for (const [image, classIndex] of classIndices.entries()) byClass[classIndex]!.push(image);
  const share = (of: number) => Math.max(2, Math.floor(of / labels.length));
  return byClass.flatMap((images, label) =>
    createRandom('unsure', seed, labels[label]!)
      .shuffle(images)
      .slice(0, share(MAXIMUM_ROWS))
      .map((image, i) => ({ image, fold: (label + i) % FOLDS, isHeldOut: i < share(MAXIMUM_HELD_OUT) })),
  );
}

/** Never 0, so that it can divide. */
function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.max(Math.sqrt(variance), 1e-3);
}
