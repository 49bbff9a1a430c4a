import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { CurvePoint } from '#core/contracts/evaluation.ts';
import { createRandom } from '#core/random.ts';
import { reinitialise } from './backbone.ts';
import type { Checkpoint, Checkpoints, Progress } from './checkpoints.ts';
import type { DataSet } from './data-set.ts';
import { breathe, createEarlyStopping, type TrainingHooks } from './early-stopping.ts';
import { gatherVariants, rowsOf } from './features.ts';
import { predictPixels } from './predict.ts';
import { createReplica } from './replica.ts';
import { splitByClass } from './split.ts';
import { toTensor } from './tensors.ts';
import type { TrainingResult, TransferOptions } from './transfer.ts';

const BATCH = 32;
/** Of Adam. A whole network from random weights: 0.003 reached the best accuracy on unseen images of 0.001…0.01. */
const LEARNING_RATE = 0.003;
/** Passes over the augmented images at the most, unless `minimumSteps` asks for more. */
const EPOCHS = 10;
/** Points of the curve without a better validation accuracy before training ends. */
const PATIENCE = 6;
/** Rows that a point of the curve looks at, at the most. */
const SCORED_ROWS = 512;
/** Gradient steps between two checkpoints: some seconds, and at most so many are taken again after an interruption without warning. */
const KEPT_EVERY = 100;

export interface BaselineOptions extends TransferOptions {
  /**
   * Neither training ends before this many gradient steps, and no earlier point is taken for the best: validation on a dozen images is
   * noisy, and nobody shall say that the baseline was cut short.
   */
  minimumSteps: number;
  /** Where an interrupted training goes on, and leaves off when the signal aborts. */
  checkpoints?: Checkpoints | undefined;
}

/**
 * What the domain's images are worth without transfer learning: the general model's architecture from random weights, trained whole on
 * the same images, variants, seed and split, and, as there, once more on all training images for the best number of steps.
 *
 * @param options `general` gives its architecture only
 * @throws InvalidInputError when a class has a single image
 */
export async function trainBaseline(
  options: BaselineOptions,
  hooks: TrainingHooks = {},
): Promise<TrainingResult> {
  const { train, recipe, minimumSteps } = options;
  const variants = recipe.augmentation;
  const split = splitByClass(train, recipe.validationShare, recipe.seed);
  const training = rowsOf(split.training, variants);
  const validation = rowsOf(split.validation, variants);
  const passSteps = Math.ceil(training.length / BATCH);
  const stopping = createEarlyStopping(PATIENCE, minimumSteps);
  const left = await options.checkpoints?.find();
  for (const point of left?.progress.curve ?? []) stopping.add(point);
  if (left) hooks.onResume?.(left.progress);
  const { curve } = stopping;
  if (left?.progress.phase !== 'final') {
    const steps = Math.max(minimumSteps, EPOCHS * passSteps);
    const first = await run(
      options,
      training,
      steps,
      hooks,
      { phase: 'search', curve, left },
      {
        every: Math.min(25, passSteps),
        atPoint: async (step, model, trainingAccuracy) => {
          const held = await score(model, train, spread(validation), variants, recipe.seed);
          const point: CurvePoint = { step, trainingAccuracy, ...held };
          stopping.add(point);
          hooks.onPoint?.(point);
          return stopping.isOver();
        },
      },
    );
    first.dispose();
  }
  const { best } = stopping;
  const all = rowsOf(
    train.classes.map((_, i) => i),
    variants,
  );
  const model = await run(options, all, best.step, hooks, { phase: 'final', curve, left });
  return { model, curve, bestStep: best.step, steps: curve[curve.length - 1]!.step + best.step };
}

interface Points {
  /** Steps between two points. */
  every: number;
  /** @returns whether to end; `trainingAccuracy` is that of the batches since the last point */
  atPoint(step: number, model: LayersModel, trainingAccuracy: number): Promise<boolean>;
}

interface Phase {
  phase: Progress['phase'];
  /** As it is at any moment. */
  curve: CurvePoint[];
  /** What an interrupted training has left, of whichever phase. */
  left: Checkpoint | undefined;
}

/** One training from random weights, or from where its phase was interrupted. */
async function run(
  { general, train, recipe, checkpoints }: BaselineOptions,
  rows: Int32Array,
  steps: number,
  { signal }: TrainingHooks,
  { phase, curve, left }: Phase,
  points?: Points,
): Promise<LayersModel> {
  const model = reinitialise(general, train.labels.length, recipe.seed);
  const replica = createReplica(model);
  const learnt = new Float32Array(replica.size);
  const nextBatch = createBatches(rows, recipe.seed);
  const from = left?.progress.phase === phase ? left.progress : { step: 0, right: 0, seen: 0 };
  let { right, seen } = from;
  try {
    if (left && from.step > 0) replica.restore(left.values, from.step);
    for (let step = 1; step <= from.step; step++) nextBatch();
    for (let step = from.step + 1; step <= steps; step++) {
      const batch = nextBatch();
      const pixels = gatherVariants(train, batch, recipe.augmentation, recipe.seed);
      const classes = batch.map((row) => train.classes[Math.floor(row / recipe.augmentation)]!);
      tf.tidy(() => {
        const labels = tf.tensor1d(classes, 'int32');
        replica.learn(toTensor(pixels, batch.length, train.input), labels, learnt);
      });
      replica.apply(learnt, LEARNING_RATE);
      right += replica.score(learnt).correct;
      seen += batch.length;
      await breathe();
      if (points && (step % points.every === 0 || step === steps)) {
        replica.finish();
        if (await points.atPoint(step, model, Math.min(1, right / seen))) break;
        right = 0;
        seen = 0;
      }
      if (checkpoints && (step % KEPT_EVERY === 0 || signal?.aborted)) {
        await checkpoints.keep({ progress: { phase, step, right, seen, curve }, values: replica.save() });
      }
      signal?.throwIfAborted();
    }
    replica.finish();
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** @returns rows of one batch after the other; every pass has its own order, given by the seed */
function createBatches(rows: Int32Array, seed: number): () => Int32Array {
  const random = createRandom('baseline', seed);
  const order = rows.slice();
  let at = order.length;
  return () => {
    if (at >= order.length) {
      random.shuffle(order);
      at = 0;
    }
    const start = at;
    at += BATCH;
    // Batch normalisation needs company: a short last batch is filled up from the start.
    return Int32Array.from({ length: Math.min(BATCH, order.length) }, (_, i) => {
      return order[(start + i) % order.length]!;
    });
  };
}

async function score(
  model: LayersModel,
  data: DataSet,
  rows: Int32Array,
  variants: number,
  seed: number,
): Promise<{ validationAccuracy: number; validationLoss: number }> {
  const labels = data.labels.length;
  let right = 0;
  let loss = 0;
  for (let start = 0; start < rows.length; start += 64) {
    const batch = rows.subarray(start, start + 64);
    const pixels = gatherVariants(data, batch, variants, seed);
    const probabilities = await predictPixels(model, pixels, batch.length, data.input);
    for (let i = 0; i < batch.length; i++) {
      const own = probabilities.subarray(i * labels, (i + 1) * labels);
      const truth = own[data.classes[Math.floor(batch[i]! / variants)]!]!;
      if (truth === Math.max(...own)) right++;
      loss -= Math.log(Math.max(truth, 1e-7));
    }
  }
  return { validationAccuracy: right / rows.length, validationLoss: loss / rows.length };
}

/** At most `SCORED_ROWS` of the rows, evenly spread. */
function spread(rows: Int32Array): Int32Array {
  const count = Math.min(rows.length, SCORED_ROWS);
  return Int32Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)]!);
}
