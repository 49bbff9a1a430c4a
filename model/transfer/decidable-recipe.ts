import type { Recipe } from '#core/contracts/domain.ts';
import type { LabelledFiles } from '../data/labelled-files.ts';

/** Whether every class has a single image, so that nothing but variants of it can be held out. */
export const hasSingleImages = ({
  classIndices,
  size,
}: Pick<LabelledFiles, 'classIndices' | 'size'>): boolean => new Set(classIndices).size === size;

/**
 * The recipe with the choices that these images can decide. Heads recognise almost every variant of an image
 * that they have learnt: where every class has a single image, variants show neither which settings are best
 * nor how sure the model may be. There the last of `places`, `resize` and `regularisation` is taken, and
 * probabilities stay as they are (docs/recipe.md has what this is worth).
 */
export function decidableRecipe(recipe: Recipe, images: LabelledFiles): Recipe {
  if (!hasSingleImages(images)) return recipe;
  const last = <Value>(one: Value | readonly Value[]): Value => [one].flat().at(-1) as Value;
  return {
    ...recipe,
    places: last(recipe.places),
    resize: last(recipe.resize),
    regularisation: last(recipe.regularisation),
    calibration: false,
  };
}
