import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Recipe } from '#core/contracts/domain.ts';
import type { CurvePoint } from '#core/contracts/evaluation.ts';
import type { DataSet } from './data-set.ts';
import { createEarlyStopping, type TrainingHooks } from './early-stopping.ts';
import { type Backbone, cutBackbone, extractFeatures, type Features, rowsOf } from './features.ts';
import { HEAD_BATCH, type HeadWeights, scoreHead, trainHead } from './head.ts';
import { splitByClass } from './split.ts';

/** Passes without a better validation accuracy before the head's training ends. */
const PATIENCE = 8;
/** Cached features take no more memory than this: images of large domains get fewer variants. */
const CACHE_BYTES = 512 * 1024 * 1024;

export interface TransferOptions {
  general: tfl.LayersModel;
  /** Its output are the features; see `cutBackbone`. */
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
  /** Step of that curve at which validation was best; the model kept took as many steps on all training images. */
  bestStep: number;
  /** Gradient steps of both runs together. */
  steps: number;
}

/**
 * Transfer learning with a frozen backbone: each variant of each image passes through it once, and a regularised softmax regression is
 * trained on the cached features. A first run holds out some training images of each class to find the best number of steps; a second
 * run takes that many steps on all of them, because with five images a class every one counts.
 *
 * The general model is left as it is. The result is one standard LayersModel without custom layers.
 *
 * @throws InvalidInputError when a class has a single image or the cut layer is missing
 */
export async function fineTune(options: TransferOptions, hooks: TrainingHooks = {}): Promise<TrainingResult> {
  const { general, cutLayer, train, recipe } = options;
  const split = splitByClass(train, recipe.validationShare, recipe.seed);
  const backbone = cutBackbone(general, cutLayer);
  const variants = variantsWithin(train.size, recipe.augmentation, backbone.width);
  const features = await extractFeatures(backbone, train, variants, recipe.seed, hooks.signal);
  const classes = Int32Array.from({ length: train.size * variants }, (_, row) => {
    return train.classes[Math.floor(row / variants)]!;
  });
  const common = {
    features,
    classes,
    labels: train.labels.length,
    learningRate: recipe.learningRate,
    regularisation: recipe.regularisation,
    seed: recipe.seed,
    signal: hooks.signal,
  };

  const training = rowsOf(split.training, variants);
  const validation = rowsOf(split.validation, variants);
  const stopping = createEarlyStopping(PATIENCE);
  const limit = recipe.epochs * Math.ceil(training.length / HEAD_BATCH);
  await trainHead({
    ...common,
    rows: training,
    steps: limit,
    afterPass: (step, weights) => {
      const point = pointOf(step, weights, features, classes, training, validation);
      stopping.add(point);
      hooks.onPoint?.(point);
      return stopping.isOver();
    },
  });
  const { curve, best } = stopping;
  const everything = rowsOf(
    train.classes.map((_, i) => i),
    variants,
  );
  const head = await trainHead({ ...common, rows: everything, steps: best.step });
  const model = await assemble(backbone, head, train.labels.length);
  return { model, curve, bestStep: best.step, steps: curve[curve.length - 1]!.step + best.step };
}

/** Gradient steps that `fineTune` takes at the most: what a fair baseline takes at least. */
export function transferStepsAtMost(images: number, recipe: Recipe): number {
  return 2 * recipe.epochs * Math.ceil((images * recipe.augmentation) / HEAD_BATCH);
}

function variantsWithin(images: number, wanted: number, width: number): number {
  return Math.max(1, Math.min(wanted, Math.floor(CACHE_BYTES / (images * width * 4))));
}

function pointOf(
  step: number,
  weights: HeadWeights,
  features: Features,
  classes: Int32Array,
  training: Int32Array,
  validation: Int32Array,
): CurvePoint {
  const held = scoreHead(weights, features, classes, validation);
  return {
    step,
    trainingAccuracy: scoreHead(weights, features, classes, training).accuracy,
    validationAccuracy: held.accuracy,
    validationLoss: Math.max(0, held.loss),
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
    return await copyOf(shared);
  } finally {
    dense.dispose();
  }
}

async function copyOf(model: tfl.LayersModel): Promise<tfl.LayersModel> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved) };
    }),
  );
  return tfl.loadLayersModel(tf.io.fromMemory(artifacts!));
}
