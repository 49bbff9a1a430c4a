import type { Recipe } from '#core/contracts/domain.ts';
import { createRandom } from '#core/random.ts';
import { type DataSet, requireImagesPerClass } from './data-set.ts';

/** Indices into a data set. */
export interface Split {
  training: Int32Array;
  validation: Int32Array;
}

/**
 * Holds out a share of each class: at least one of its images to validate, at least one to train. Indices ascend.
 *
 * @throws InvalidInputError naming a class with a single image
 */
export function splitByClass(data: DataSet, validationShare: number, seed: number): Split {
  const held = new Set<number>();
  for (const images of shuffledClasses(data, seed)) {
    const count = Math.min(images.length - 1, Math.max(1, Math.round(images.length * validationShare)));
    for (const image of images.slice(0, count)) held.add(image);
  }
  const all = Int32Array.from({ length: data.size }, (_, i) => i);
  return { training: all.filter((i) => !held.has(i)), validation: all.filter((i) => held.has(i)) };
}

/** Which images each of several heads is validated on instead of trained on. */
export interface Folds {
  /** Number of heads. */
  heads: number;
  /** For each image the head that holds it out, or -1. */
  heldOutBy: Int8Array;
}

/** More images than these are validated on a single held-out part: that is precise enough, and folds would cost their multiple. */
export const FOLDED_IMAGES = 2_000;

/**
 * Stratified k-fold cross-validation for few images: each image is held out by one head, so that choices rest on all of them and not on
 * a dozen. No more folds than the largest class has images. For many images, or a recipe of one fold, a single hold-out.
 *
 * @throws InvalidInputError naming a class with a single image
 */
export function foldsByClass(
  data: DataSet,
  recipe: Pick<Recipe, 'folds' | 'validationShare' | 'seed'>,
): Folds {
  const heldOutBy = new Int8Array(data.size).fill(-1);
  if (recipe.folds === 1 || data.size > FOLDED_IMAGES) {
    for (const image of splitByClass(data, recipe.validationShare, recipe.seed).validation)
      heldOutBy[image] = 0;
    return { heads: 1, heldOutBy };
  }
  const classes = shuffledClasses(data, recipe.seed);
  const heads = Math.min(recipe.folds, Math.max(...classes.map((images) => images.length)));
  // Dealt on from class to class, so that folds are equally large even where classes have fewer images than there are folds.
  for (const [dealt, image] of classes.flat().entries()) heldOutBy[image] = dealt % heads;
  return { heads, heldOutBy };
}

/** Images of each class, in random order. */
function shuffledClasses(data: DataSet, seed: number): number[][] {
  requireImagesPerClass(data, 2, 'the training images');
  const byClass: number[][] = data.labels.map(() => []);
  for (let i = 0; i < data.size; i++) byClass[data.classes[i]!]!.push(i);
  for (const [index, images] of byClass.entries()) {
    createRandom('split', seed, data.labels[index]!).shuffle(images);
  }
  return byClass;
}
