import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expectedCalibrationError } from '#core/calibration.ts';
import type { Recipe } from '#core/contracts/domain.ts';
import type { Calibration, Choices, CurvePoint } from '#core/contracts/evaluation.ts';
import { confidencesOf, cool } from './calibration.ts';
import { copyModel } from './copy-model.ts';
import type { DataSet } from './data-set.ts';
import type { TrainingHooks } from './early-stopping.ts';
import type { FeatureRows } from './feature-rows.ts';
import { type Backbone, cutBackbone, extractFeatures } from './features.ts';
import { type Candidate, chooseCandidate, createCourse, trainHeads, tryStrengths } from './head.ts';
import { createHeadObjective, type HeadTask, type HeadWeights } from './head-objective.ts';
import { mixRows } from './mixup.ts';
import { type Folds, foldsByClass } from './split.ts';

export interface TransferOptions {
  general: tfl.LayersModel;
  /** Its output are the features, unless the recipe names others; see `cutBackbone`. */
  cutLayer: string;
  train: DataSet;
  recipe: Recipe;
}

/** A model of one domain, and how it came about. */
export interface TrainingResult {
  /** Normalised pixels [n, height, width, 3] → probabilities [n, labels]. The caller disposes it. */
  model: tfl.LayersModel;
  /** Of the run that held out validation images. */
  curve: CurvePoint[];
  /** Step of that curve at which the setting that was kept ended; the model itself was trained with it on all training images. */
  bestStep: number;
  /** Gradient steps of both runs together. */
  steps: number;
  choices?: Choices;
  /** Without its test images, which no training sees. */
  calibration?: Omit<Calibration, 'test'>;
}

/**
 * Transfer learning with a frozen backbone: each variant of each image passes through it once, and a regularised softmax regression is
 * trained on the cached features. A first run holds out training images to choose cut layer and regularisation, and to calibrate the
 * probabilities; a second run trains on all of them with what was chosen, because with five images a class every one counts.
 *
 * The general model is left as it is. The result is one standard LayersModel without custom layers.
 *
 * @throws InvalidInputError when a class has a single image or a cut layer is missing
 */
export async function fineTune(options: TransferOptions, hooks: TrainingHooks = {}): Promise<TrainingResult> {
  const { general, train, recipe } = options;
  const { signal } = hooks;
  const folds = foldsByClass(train, recipe);
  const backbones = (recipe.cutLayers ?? [options.cutLayer]).map((layer) => cutBackbone(general, layer));
  const variants = Math.max(1, Math.min(recipe.augmentation, Math.floor(recipe.maximumRows / train.size)));
  const memoryBytes = recipe.memoryMegabytes * 2 ** 20;
  const features = await extractFeatures(backbones, train, {
    ...{ variants, seed: recipe.seed, memoryBytes, signal },
  });
  try {
    const course = createCourse(hooks.onPoint);
    const candidates: Candidate[] = [];
    for (const [i, { cutLayer }] of backbones.entries()) {
      const objective = createHeadObjective(headTask(options, features[i]!, folds));
      try {
        candidates.push(...(await tryStrengths(objective, cutLayer, recipe, course, signal)));
      } finally {
        objective.dispose();
      }
    }
    const chosen = chooseCandidate(candidates);
    const which = backbones.findIndex(({ cutLayer }) => cutLayer === chosen.tried.cutLayer);
    const final = await trainOnAll(options, features[which]!, chosen, signal);
    const head = cool(final.weights, chosen.temperature);
    return {
      model: await assemble(backbones[which]!, head, train.labels.length),
      curve: course.curve,
      bestStep: chosen.tried.step,
      steps: course.step + final.passes,
      choices: {
        variants,
        folds: folds.heads,
        validationImages: folds.heldOutBy.reduce((sum, by) => sum + (by < 0 ? 0 : 1), 0),
        chosen: chosen.tried,
        tried: candidates.map(({ tried }) => tried),
      },
      ...(recipe.calibration ? { calibration: calibrationOf(chosen) } : {}),
    };
  } finally {
    for (const rows of features) rows.close();
  }
}

/** Passes over the rows that `fineTune` takes at the most: what a fair baseline takes as gradient steps at least. */
export function transferStepsAtMost(recipe: Recipe): number {
  const candidates = [recipe.regularisation].flat().length * (recipe.cutLayers?.length ?? 1);
  return (candidates + 1) * recipe.epochs;
}

function headTask({ train, recipe }: TransferOptions, features: FeatureRows, folds: Folds): HeadTask {
  const variants = features.rows / train.size;
  const imageOf = (row: number) => Math.floor(row / variants);
  const heldOutBy = Int8Array.from({ length: features.rows }, (_, row) => folds.heldOutBy[imageOf(row)]!);
  return {
    features,
    classes: Int32Array.from({ length: features.rows }, (_, row) => train.classes[imageOf(row)]!),
    labels: train.labels.length,
    heads: folds.heads,
    heldOutBy,
    classWeights: classWeights(train, recipe),
    labelSmoothing: recipe.labelSmoothing,
    mixed: recipe.mixup > 0 ? mixRows(heldOutBy, recipe.mixup, recipe.seed) : undefined,
    memoryBytes: recipe.memoryMegabytes * 2 ** 20,
  };
}

/** Balanced: images / (classes × images of the class), so that their mean over the images is 1. */
function classWeights(train: DataSet, { classWeights }: Recipe): Float64Array {
  const weights = new Float64Array(train.labels.length).fill(1);
  if (classWeights === 'none') return weights;
  const counts = new Int32Array(train.labels.length);
  for (const label of train.classes) counts[label]!++;
  return weights.map((_, label) => train.size / (train.labels.length * counts[label]!));
}

/** One head on all rows, with what validation chose, from the mean of the heads that were validated. */
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
    const { regularisation } = tried;
    const [point] = await trainHeads(objective, [mean], regularisation, options.recipe.epochs, {
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

/** Backbone and head as one model with weights of its own, so that disposing either leaves the other whole. */
async function assemble(backbone: Backbone, head: HeadWeights, labels: number): Promise<tfl.LayersModel> {
  const dense = tfl.layers.dense({ name: 'head', units: labels, activation: 'softmax' });
  const outputs = dense.apply(backbone.features) as tfl.SymbolicTensor;
  tf.tidy(() =>
    dense.setWeights([tf.tensor2d(head.kernel, [backbone.width, labels]), tf.tensor1d(head.bias)]),
  );
  const shared = tfl.model({ name: 'graft', inputs: backbone.input, outputs });
  try {
    return await copyModel(shared);
  } finally {
    dense.dispose();
  }
}
