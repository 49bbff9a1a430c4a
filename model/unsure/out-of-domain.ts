import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { createRandom } from '#core/random.ts';
import { conformalBound } from '#core/statistics.ts';
import { augment } from '../data/augment.ts';
import type { DataSet } from '../data/data-set.ts';
import { gatherVariants } from '../data/variants.ts';
import { yieldToEventLoop } from '../yield-to-event-loop.ts';
import { addRow, type ClassSums, combine, createSums, distanceOf, statisticsOf } from './class-statistics.ts';
import { lastDense, type OutOfDomain, withOutOfDomain } from './out-of-domain-layers.ts';

const BATCH = 128;
const FOLDS = 5;
/** More variants of an image do not make its class's mean more accurate. */
const MAXIMUM_VARIANTS = 4;
/**
 * Limits of the rows that pass the network, and of the held-out images: large domains use a part of their
 * images.
 */
const MAXIMUM_ROWS = 20_000;
const MAXIMUM_HELD_OUT = 2_000;

export interface OutOfDomainOptions {
  /** Share of the domain's own images that must not be called unsure, in (0, 1]. */
  keep: number;
  /** Variants of each image that training made. */
  augmentation: number;
  seed: number;
  signal?: AbortSignal | undefined;
}

export interface MeasuredDomain extends OutOfDomain {
  /** Number of held-out images that the threshold comes from. */
  heldOut: number;
}

/**
 * Adds the output "unsure" to a model: see `measureDomain` and `withOutOfDomain`.
 *
 * @returns the model with a second output, and the number of held-out images behind its threshold; the caller
 *   disposes both models
 */
export async function addOutOfDomain(
  model: tfl.LayersModel,
  train: DataSet,
  options: OutOfDomainOptions,
): Promise<{ model: tfl.LayersModel; heldOut: number }> {
  const measured = await measureDomain(model, train, options);
  return { model: await withOutOfDomain(model, measured), heldOut: measured.heldOut };
}

/**
 * Measures the domain's training images on a finished model's own features.
 *
 * The threshold comes from images that the class means do not contain: the images are held out in five parts,
 * stratified by class, and every part is measured with the means of the other four (cross-conformal
 * prediction: Vovk, 2015, Annals of Mathematics and Artificial Intelligence 74:9–28). So even the smallest
 * domain holds out every image.
 *
 * @param model normalised pixels → probabilities; its last dense layer takes the features
 * @returns `spread` is the standard deviation of the held-out images' distances
 */
export async function measureDomain(
  model: tfl.LayersModel,
  train: DataSet,
  options: OutOfDomainOptions,
): Promise<MeasuredDomain> {
  const { keep, seed, signal } = options;
  const plan = planOf(train, seed);
  const images = plan.length;
  const perImage = Math.max(
    1,
    Math.min(MAXIMUM_VARIANTS, options.augmentation, Math.floor(MAXIMUM_ROWS / images)),
  );
  const features = lastDense(model).input as tfl.SymbolicTensor;
  const width = features.shape[1]!;
  // Not disposed: it owns nothing, the layers are the given model's.
  const backbone = tfl.model({ inputs: model.inputs, outputs: features });
  const labelCount = train.labels.length;
  const folds = Array.from({ length: FOLDS }, () => createSums(labelCount, width));
  const held: { row: Float32Array; fold: number }[] = [];
  for (let start = 0; start < images * perImage; start += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, images * perImage - start) }, (_, i) => start + i);
    const planned = rows.map((row) => plan[Math.floor(row / perImage)]!.image * perImage + (row % perImage));
    const batch = gatherVariants(train, planned, { perImage, seed });
    const output = tf.tidy(() => backbone.predict(augment(batch, train.input)) as tf.Tensor2D);
    const values = (await output.data()) as Float32Array;
    output.dispose();
    for (const [i, row] of rows.entries()) {
      const { image, fold, isHeldOut } = plan[Math.floor(row / perImage)]!;
      const own = values.slice(i * width, (i + 1) * width);
      addRow(folds[fold]!, train.classIndices[image]!, own);
      if (isHeldOut && row % perImage === 0) held.push({ row: own, fold });
    }
    await yieldToEventLoop(signal);
  }
  const total = combine(folds.map((sums) => ({ sums, sign: 1 })));
  const measure = (sums: ClassSums) => statisticsOf(sums, perImage, images / labelCount);
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
function planOf(train: DataSet, seed: number): Planned[] {
  const byClass: number[][] = train.labels.map(() => []);
  for (let image = 0; image < train.size; image++) byClass[train.classIndices[image]!]!.push(image);
  const share = (of: number) => Math.max(2, Math.floor(of / train.labels.length));
  return byClass.flatMap((images, label) =>
    createRandom('unsure', seed, train.labels[label]!)
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
