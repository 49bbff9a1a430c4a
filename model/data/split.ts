import type { Recipe } from '#core/contracts/domain.ts';
import { createRandom } from '#core/random.ts';
import { type DataSet, requireImagesPerClass } from './data-set.ts';

type Labelled = Pick<DataSet, 'labels' | 'classIndices' | 'size'>;

/** Indices into a data set. */
export interface Split {
  trainingIndices: Int32Array;
  validationIndices: Int32Array;
}

/**
 * Holds out a share of each class: at least one of its images for validation, at least one for training.
 * Indices ascend.
 *
 * @throws InvalidInputError naming a class with a single image
 */
export function splitByClass(
  data: Labelled & Pick<DataSet, 'damaged'>,
  validationShare: number,
  seed: number,
): Split {
  requireImagesPerClass(data, 2, 'the training images');
  return holdOut(data, validationShare, seed);
}

/** The same, but a class with one image has it in both sets; its validation score is optimistic. */
export function holdOut(data: Labelled, validationShare: number, seed: number): Split {
  const held = new Set<number>();
  const shared = new Set<number>();
  for (const images of shuffledClasses(data, seed)) {
    if (images.length === 1) shared.add(images[0]!);
    const count = Math.min(images.length - 1, Math.max(1, Math.round(images.length * validationShare)));
    for (const image of images.slice(0, count)) held.add(image);
  }
  const all = Int32Array.from({ length: data.size }, (_, i) => i);
  return {
    trainingIndices: all.filter((i) => !held.has(i)),
    validationIndices: all.filter((i) => held.has(i) || shared.has(i)),
  };
}

/** Which images each of several heads is validated on instead of trained on. */
export interface Folds {
  /** Number of heads. */
  heads: number;
  /** For each image the head that holds it out, −1 for none, or `BY_VARIANT`. */
  heldOutBy: Int8Array;
}

/** Marks the only image of a class: its variants are held out by turns instead of the whole image. */
export const BY_VARIANT = -2;

/** At least one in so many variants is held out. */
const VARIANT_TURNS = 5;

/** @returns the head that holds out this variant of an image, or -1 */
export function heldOutBy(folds: Folds, image: number, variant: number, variants: number): number {
  const by = folds.heldOutBy[image]!;
  if (by !== BY_VARIANT) return by;
  const turn = variant % Math.max(folds.heads, VARIANT_TURNS);
  return variants > 1 && turn < folds.heads ? turn : -1;
}

/**
 * With more images than this, one held-out part is precise enough, and folds would take several times as
 * long.
 */
export const FOLDED_IMAGES = 2_000;

/**
 * Stratified k-fold cross-validation for few images: each image is held out by one head, so that choices rest
 * on all images and not on a dozen. There are at most as many folds as the largest class has images. For many
 * images, or a recipe with one fold, there is a single hold-out.
 */
export function foldsByClass(
  data: Labelled,
  recipe: Pick<Recipe, 'folds' | 'validationShare' | 'seed'>,
): Folds {
  const heldOutBy = new Int8Array(data.size).fill(-1);
  const imagesByClass = shuffledClasses(data, recipe.seed);
  for (const [image, ...others] of imagesByClass) {
    if (image !== undefined && others.length === 0) heldOutBy[image] = BY_VARIANT;
  }
  if (recipe.folds === 1 || data.size > FOLDED_IMAGES) {
    for (const image of holdOut(data, recipe.validationShare, recipe.seed).validationIndices) {
      if (heldOutBy[image] === -1) heldOutBy[image] = 0;
    }
    return { heads: 1, heldOutBy };
  }
  const heads = Math.min(recipe.folds, Math.max(...imagesByClass.map((images) => images.length)));
  // Images are dealt in one row over all classes, so that folds have the same size even where classes have
  // fewer images than there are folds.
  const several = imagesByClass.filter((images) => images.length > 1);
  for (const [dealt, image] of several.flat().entries()) heldOutBy[image] = dealt % heads;
  return { heads, heldOutBy };
}

/** Images of each class, in random order. */
function shuffledClasses(data: Labelled, seed: number): number[][] {
  const byClass: number[][] = data.labels.map(() => []);
  for (let i = 0; i < data.size; i++) byClass[data.classIndices[i]!]!.push(i);
  for (const [index, images] of byClass.entries()) {
    createRandom('split', seed, data.labels[index]!).shuffle(images);
  }
  return byClass;
}
