import type * as tfl from '@tensorflow/tfjs-layers';
import { expectedCalibrationError } from '#core/calibration.ts';
import type { Recipe } from '#core/contracts/domain.ts';
import type { Calibration } from '#core/contracts/evaluation.ts';
import type { DataSet } from '../data/data-set.ts';
import { foldsByClass } from '../data/split.ts';
import type { TrainingHooks, TrainingResult } from '../training/domain-training.ts';
import { assemble } from './assemble.ts';
import { cutBackbone } from './backbone.ts';
import { confidencesOf } from './calibration.ts';
import type { FeatureRows } from './feature-rows.ts';
import { extractFeatures } from './features.ts';
import { type Candidate, chooseCandidate, trainHeads, tryStrengths } from './head.ts';
import { createHeadObjective } from './head-objective.ts';
import { headTask, memoryBytesOf } from './head-task.ts';
import { divideByTemperature, type HeadWeights } from './head-weights.ts';
import { createValidationCurve } from './validation-curve.ts';

export interface TransferOptions {
  general: tfl.LayersModel;
  /** The layer whose output is the features, unless the recipe names others; see `cutBackbone`. */
  cutLayer: string;
  train: DataSet;
  recipe: Recipe;
}

/**
 * Transfer learning with a frozen backbone: each variant of each image passes through it once, and a
 * regularised softmax regression is trained on the cached features. A first run holds out training images to
 * choose cut layer and regularisation, and to calibrate the probabilities. A second run trains with these
 * settings on all images, because with five images a class every image counts.
 *
 * The general model is not changed. The result is a standard LayersModel without custom layers.
 *
 * @throws InvalidInputError when a cut layer is missing
 */
export async function trainTransfer(
  options: TransferOptions,
  hooks: TrainingHooks = {},
): Promise<TrainingResult> {
  const { general, train, recipe } = options;
  const { signal } = hooks;
  const folds = foldsByClass(train, recipe);
  const validationImages = folds.heldOutBy.reduce((sum, by) => sum + (by === -1 ? 0 : 1), 0);
  const backbones = (recipe.cutLayers ?? [options.cutLayer]).map((layer) => cutBackbone(general, layer));
  const perImage = Math.max(1, Math.min(recipe.augmentation, Math.floor(recipe.maximumRows / train.size)));
  const variants = { perImage, seed: recipe.seed };
  const memoryBytes = memoryBytesOf(recipe);
  const features = await extractFeatures(backbones, train, { variants, memoryBytes, signal });
  try {
    const curve = createValidationCurve(hooks.onPoint);
    const candidates: Candidate[] = [];
    for (const [i, { cutLayer }] of backbones.entries()) {
      const objective = createHeadObjective(headTask(options, features[i]!, folds));
      const trial = { cutLayer, recipe, variants: perImage, validationImages, curve };
      try {
        candidates.push(...(await tryStrengths(objective, trial, signal)));
      } finally {
        objective.dispose();
      }
    }
    const chosen = chooseCandidate(candidates);
    const which = backbones.findIndex(({ cutLayer }) => cutLayer === chosen.tried.cutLayer);
    const { weights, passes } = await trainOnAll(options, features[which]!, chosen, signal);
    const head = divideByTemperature(weights, chosen.temperature);
    return {
      model: await assemble(backbones[which]!, head, train.labels.length),
      curve: [...curve.points],
      bestStep: chosen.tried.step,
      steps: curve.step + passes,
      choices: {
        variants: perImage,
        folds: folds.heads,
        validationImages,
        chosen: chosen.tried,
        tried: candidates.map(({ tried }) => tried),
      },
      ...(recipe.calibration ? { calibration: calibrationOf(chosen) } : {}),
    };
  } finally {
    for (const rows of features) rows.close();
  }
}

/**
 * Passes over the rows that `trainTransfer` takes at most. A fair baseline takes at least as many gradient
 * steps.
 */
export function transferStepsAtMost(recipe: Recipe): number {
  const candidates = [recipe.regularisation].flat().length * (recipe.cutLayers?.length ?? 1);
  return (candidates + 1) * recipe.epochs;
}

/** Trains one head on all rows with the chosen settings. It starts from the mean of the validated heads. */
async function trainOnAll(
  options: TransferOptions,
  features: FeatureRows,
  { tried, points }: Candidate,
  signal: AbortSignal | undefined,
): Promise<{ weights: HeadWeights; passes: number }> {
  const nothingHeldOut = { heads: 1, heldOutBy: new Int8Array(options.train.size).fill(-1) };
  const objective = createHeadObjective(headTask(options, features, nothingHeldOut));
  let passes = 0;
  try {
    const mean = points[0]!.map((_, i) => points.reduce((sum, point) => sum + point[i]!, 0) / points.length);
    const [point] = await trainHeads(objective, [mean], {
      regularisation: tried.regularisation,
      passes: options.recipe.epochs,
      afterPass: () => passes++,
      signal,
    });
    return { weights: objective.weights(0, point!), passes };
  } finally {
    objective.dispose();
  }
}

function calibrationOf({ held, temperature }: Candidate): Omit<Calibration, 'test'> {
  return {
    temperature,
    validation: {
      before: expectedCalibrationError(confidencesOf(held, 1)),
      after: expectedCalibrationError(confidencesOf(held, temperature)),
    },
  };
}
