import type { Recipe } from '#core/contracts/domain.ts';
import type { LabelledFiles } from '../data/labelled-files.ts';
import { type Folds, foldsByClass } from '../data/split.ts';
import type { FeatureRows } from './feature-rows.ts';
import type { FormFeatures } from './form-features.ts';
import { type Candidate, trainHeads, tryStrengths } from './head.ts';
import { createHeadObjective } from './head-objective.ts';
import { headSpace } from './head-space.ts';
import { headTask } from './head-task.ts';
import type { HeadWeights } from './head-weights.ts';
import type { Products } from './products.ts';
import type { ValidationCurve } from './validation-curve.ts';
import type { FeatureView } from './views.ts';

/** What heads are tried with. */
export interface Trial {
  images: LabelledFiles;
  recipe: Recipe;
  products: Products;
  curve: ValidationCurve;
  signal: AbortSignal | undefined;
}

/** A candidate, and the features that it was trained on. */
export interface ViewCandidate extends Candidate {
  view: FeatureView;
  from: FormFeatures;
}

/** Number of images that any head holds out. */
export const heldOutImages = ({ heldOutBy }: Folds): number =>
  heldOutBy.reduce((sum, by) => sum + (by === -1 ? 0 : 1), 0);

/**
 * Tries strengths of regularisation with each view of each form, on held-out images.
 *
 * @throws the signal's reason
 */
export async function tryViews(
  trial: Trial,
  forms: readonly FormFeatures[],
  views: readonly FeatureView[],
): Promise<ViewCandidate[]> {
  const { images, recipe, products, curve, signal } = trial;
  const folds = foldsByClass(images, recipe);
  const candidates: ViewCandidate[] = [];
  for (const from of forms) {
    for (const view of views) {
      const features = from.rows.get(view.output)!;
      const objective = createHeadObjective(
        headTask(trial, await headSpace(features, products, signal), folds),
      );
      const { places } = view;
      const options = {
        view: {
          features: view.features,
          ...(places === undefined ? {} : { places }),
          resize: from.input.resize.fit,
        },
        recipe,
        variants: features.rows / images.size,
        validationImages: heldOutImages(folds),
        curve,
      };
      const tried = await tryStrengths(objective, options, signal);
      candidates.push(...tried.map((candidate) => ({ ...candidate, view, from })));
    }
  }
  return candidates;
}

/** Trains one head on all rows with the chosen settings. It starts from the mean of the validated heads. */
export async function trainOnAll(
  trial: Trial,
  features: FeatureRows,
  { tried, start }: Candidate,
): Promise<{ weights: HeadWeights; passes: number }> {
  const { images, recipe, products, signal } = trial;
  const nothingHeldOut = { heads: 1, heldOutBy: new Int8Array(images.size).fill(-1) };
  const space = await headSpace(features, products, signal);
  let passes = 0;
  const [point] = await trainHeads(createHeadObjective(headTask(trial, space, nothingHeldOut)), [start], {
    regularisation: tried.regularisation,
    passes: recipe.epochs,
    afterPass: () => passes++,
    signal,
  });
  return { weights: await space.weights(point!, images.labels.length), passes };
}
