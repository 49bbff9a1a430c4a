import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { CurvePoint } from '#core/contracts/evaluation.ts';
import type { DataSet } from '../data/data-set.ts';
import { holdOut } from '../data/split.ts';
import { buildNetwork, type NetworkOptions, sameArchitecture } from '../network/backbone.ts';
import { predictPixels } from '../prediction/predict.ts';
import { gatherVariants, rowsOf } from '../transfer/features.ts';
import type { TrainingResult, TransferOptions } from '../transfer/transfer.ts';
import type { Checkpoint, Checkpoints, Progress } from './checkpoints.ts';
import type { TrainingHooks } from './hooks.ts';
import { runTrainingLoop, type TrainingPlan } from './loop.ts';
import { trainOnThreads } from './train-on-threads.ts';

const BATCH = 32;
/** Highest of the one-cycle schedule. How this and the number of steps were chosen: docs/baseline.md. */
const LEARNING_RATE = 0.01;
/** Gradient steps, unless `minimumSteps` asks for more. */
const STEPS = 600;
/** Of the curve. */
const POINTS = 20;
/** Rows that a point of the curve looks at, at the most. */
const SCORED_ROWS = 256;
/** Gradient steps between two checkpoints: some seconds, and at most so many are taken again after an interruption without warning. */
const KEPT_EVERY = 100;

export interface BaselineOptions extends TransferOptions {
  /** No fewer gradient steps than these: nobody shall say that the baseline was cut short. */
  minimumSteps: number;
  /** Where an interrupted training goes on, and leaves off when the signal aborts. */
  checkpoints?: Checkpoints | undefined;
}

/**
 * What the domain's images are worth without transfer learning: the general model's architecture from random weights, trained whole, as
 * one would who has no general model. Every step varies its images anew (`varyBatch`), classes are drawn equally often, and the learning
 * rate rises and falls over a fixed number of steps, at whose end the model is kept. Why this is fair: docs/baseline.md.
 *
 * One training on all images gives the model. A second one, which holds out validation images of each class, gives the curve and
 * nothing else; on WebAssembly, which uses one core, the two run at the same time on two, unless there are checkpoints to keep: then the
 * second one comes first, and the two together are one training that can be gone on with.
 *
 * @param options `general` gives its architecture only
 * @throws the signal's reason
 */
export async function trainBaseline(
  options: BaselineOptions,
  hooks: TrainingHooks = {},
): Promise<TrainingResult> {
  const { general, train, recipe } = options;
  const task: BaselineTask = {
    train,
    network: sameArchitecture(general, train.labels.length, recipe.seed),
    steps: Math.max(options.minimumSteps, STEPS),
    seed: recipe.seed,
  };
  const left = await options.checkpoints?.find();
  if (left) hooks.onResume?.(left.progress);
  const isBeside = tf.getBackend() === 'wasm' && availableParallelism() > 1 && !options.checkpoints;
  const [model, curve] = isBeside
    ? await atOnce(task, options, hooks)
    : await oneByOne(task, options, hooks, left);
  return { model, curve, bestStep: task.steps, steps: 2 * task.steps };
}

interface BaselineTask {
  train: DataSet;
  network: NetworkOptions;
  steps: number;
  seed: number;
}

const planOf = ({ train, steps, seed }: BaselineTask, images: Int32Array): TrainingPlan => ({
  input: train.input,
  classes: images.map((image) => train.classes[image]!),
  batchSize: Math.min(BATCH, images.length),
  steps,
  balanced: true,
  learningRate: LEARNING_RATE,
  seed,
  deadline: null,
  workers: 1,
});

/** All images, on a thread beside this one. */
async function trainBeside(task: BaselineTask, signal: AbortSignal): Promise<LayersModel> {
  const { train, network } = task;
  const images = train.classes.map((_, image) => image);
  const model = buildNetwork(network);
  try {
    await trainOnThreads(network, model, planOf(task, images), train, images, { signal });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** How one of the two trainings begins and goes. */
interface Course {
  phase: Progress['phase'];
  /** As it is at any moment. */
  curve: CurvePoint[];
  /** What an interrupted training has left, of whichever phase. */
  left?: Checkpoint | undefined;
  /** Asked at each point of the curve. */
  measure?: (model: LayersModel) => Promise<Pick<CurvePoint, 'validationAccuracy' | 'validationLoss'>>;
}

async function trainHere(
  task: BaselineTask,
  images: Int32Array,
  { phase, curve, left, measure }: Course,
  { checkpoints }: BaselineOptions,
  { onPoint, signal }: TrainingHooks,
): Promise<LayersModel> {
  const { train, steps } = task;
  const plan = planOf(task, images);
  const every = Math.ceil(steps / POINTS);
  const from = left?.progress.phase === phase ? left.progress : { step: 0, right: 0, seen: 0 };
  let { right, seen } = from;
  const model = buildNetwork(task.network);
  try {
    await runTrainingLoop(model, plan, {
      rank: 0,
      gather: (indices) => train.gather(Array.from(indices, (index) => images[index]!)),
      ...(left && from.step > 0 ? { from: { step: from.step, values: left.values } } : {}),
      onStep: async ({ step, accuracy }, replica) => {
        right += accuracy * plan.batchSize;
        seen += plan.batchSize;
        if (measure && (step % every === 0 || step === steps)) {
          replica.finish();
          const trainingAccuracy = Math.min(1, right / seen);
          const point: CurvePoint = { step, trainingAccuracy, ...(await measure(model)) };
          [right, seen] = [0, 0];
          curve.push(point);
          onPoint?.(point);
        }
        const isDue = step < steps && (step % KEPT_EVERY === 0 || signal?.aborted);
        if (!checkpoints || !isDue) return;
        await checkpoints.keep({ progress: { phase, step, right, seen, curve }, values: replica.save() });
      },
      signal,
    });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** @returns the curve of a training that has not seen what it is validated on */
async function followCourse(
  task: BaselineTask,
  options: BaselineOptions,
  hooks: TrainingHooks,
  left?: Checkpoint,
): Promise<CurvePoint[]> {
  const { train, seed } = task;
  const { augmentation, validationShare } = options.recipe;
  const { training, validation } = holdOut(train, validationShare, seed);
  const rows = spread(rowsOf(validation, augmentation));
  const curve = [...(left?.progress.curve ?? [])];
  const measure = (model: LayersModel) => score(model, train, rows, augmentation, seed);
  const model = await trainHere(task, training, { phase: 'search', curve, left, measure }, options, hooks);
  model.dispose();
  return curve;
}

async function oneByOne(
  task: BaselineTask,
  options: BaselineOptions,
  hooks: TrainingHooks,
  left: Checkpoint | undefined,
): Promise<[LayersModel, CurvePoint[]]> {
  const isFollowed = left?.progress.phase === 'final';
  const curve = isFollowed ? left.progress.curve : await followCourse(task, options, hooks, left);
  const images = task.train.classes.map((_, image) => image);
  return [await trainHere(task, images, { phase: 'final', curve, left }, options, hooks), curve];
}

/** When one fails the other is stopped, and the model goes with it. */
async function atOnce(
  task: BaselineTask,
  options: BaselineOptions,
  hooks: TrainingHooks,
): Promise<[LayersModel, CurvePoint[]]> {
  const failed = new AbortController();
  const signal = hooks.signal ? AbortSignal.any([hooks.signal, failed.signal]) : failed.signal;
  const orStop = (error: unknown) => {
    failed.abort(error);
    throw error;
  };
  const [model, curve] = await Promise.allSettled([
    trainBeside(task, signal).catch(orStop),
    followCourse(task, options, { ...hooks, signal }).catch(orStop),
  ]);
  if (model.status === 'fulfilled' && curve.status === 'fulfilled') return [model.value, curve.value];
  if (model.status === 'fulfilled') model.value.dispose();
  throw failed.signal.reason;
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
