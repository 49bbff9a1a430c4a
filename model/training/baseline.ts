import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Recipe } from '#core/contracts/domain.ts';
import type { CurvePoint } from '#core/contracts/evaluation.ts';
import type { DataSet } from '../data/data-set.ts';
import { holdOut } from '../data/split.ts';
import { rowsOfImages } from '../data/variants.ts';
import { buildNetwork, type NetworkOptions } from '../network/build-network.ts';
import { filtersFor } from '../network/compact.ts';
import { networkInput } from '../network/input.ts';
import { batchesFromPixels } from './batch-source.ts';
import type { Checkpoint, Checkpoints, Progress } from './checkpoints.ts';
import type { TrainingHooks, TrainingRecord } from './domain-training.ts';
import { runTrainingLoop, type TrainingPlan } from './loop.ts';
import { sharedData, trainOnThreads } from './train-on-threads.ts';
import { type ValidationSet, validate } from './validate.ts';

const BATCH = 32;
/** Highest of the one-cycle schedule. How this and the number of steps were chosen: docs/baseline.md. */
const LEARNING_RATE = 0.01;
/** Points of the curve. */
const POINTS = 20;
/** Rows that are measured for a point of the curve, at the most. */
const VALIDATION_ROWS = 256;
/**
 * Gradient steps between two checkpoints: an interruption without warning costs at most so many, some
 * seconds.
 */
const STEPS_PER_CHECKPOINT = 100;

/**
 * Height and width of the images that a baseline is trained on, whatever the general model takes. Which size
 * does best: docs/baseline.md.
 */
const BASELINE_SIZE = 32;
export const BASELINE_INPUT = networkInput(BASELINE_SIZE);

export interface BaselineOptions {
  /** Decoded for `BASELINE_INPUT`. Images of another size get a network of another depth. */
  train: DataSet;
  recipe: Recipe;
  /** Where an interrupted training is resumed from, and where this one is saved when the signal aborts. */
  checkpoints?: Checkpoints | undefined;
}

/**
 * What the domain's images are worth without transfer learning: our own network, trained whole from random
 * weights. Every step varies its images anew (`augment`), classes are drawn equally often, and the learning
 * rate rises and falls over a fixed number of steps, at whose end the model is kept. Why this is fair:
 * docs/baseline.md.
 *
 * One training on all images gives the model (phase `final`). Another one, which holds out validation images
 * of each class, gives only the curve (phase `search`). WebAssembly uses one core, so there the two run at
 * the same time on two. With checkpoints they run one after the other, so that there is one state to save.
 *
 * @returns among others the model, which the caller disposes; for `exportNetwork` with `networkOutputs`
 * @throws the signal's reason
 */
export async function trainBaseline(
  options: BaselineOptions,
  hooks: TrainingHooks = {},
): Promise<TrainingRecord & { model: LayersModel }> {
  const { train, recipe, checkpoints } = options;
  const task: BaselineTask = {
    train,
    network: {
      input: train.input,
      labelCount: train.labels.length,
      filters: filtersFor(train.input),
      seed: recipe.seed,
    },
    steps: recipe.baselineSteps,
    recipe,
    checkpoints,
  };
  const saved = await checkpoints?.find();
  if (saved) hooks.onResume?.(saved.progress);
  const isParallel = tf.getBackend() === 'wasm' && availableParallelism() > 1 && !checkpoints;
  const { model, curve } = isParallel
    ? await trainSideBySide(task, hooks)
    : await trainInTurn(task, saved, hooks);
  return { model, curve, bestStep: task.steps, steps: 2 * task.steps };
}

type BaselineTask = Pick<BaselineOptions, 'train' | 'recipe' | 'checkpoints'> & {
  network: NetworkOptions;
  steps: number;
};

interface TrainedBaseline {
  model: LayersModel;
  curve: CurvePoint[];
}

/** When one of the two fails, the other one is stopped and the model is disposed. */
async function trainSideBySide(task: BaselineTask, hooks: TrainingHooks): Promise<TrainedBaseline> {
  const failed = new AbortController();
  const signal = hooks.signal ? AbortSignal.any([hooks.signal, failed.signal]) : failed.signal;
  const orStop = (error: unknown) => {
    failed.abort(error);
    throw error;
  };
  const [model, curve] = await Promise.allSettled([
    trainOnThread(task, signal).catch(orStop),
    measureCurve(task, undefined, { ...hooks, signal }).catch(orStop),
  ]);
  if (model.status === 'fulfilled' && curve.status === 'fulfilled') {
    return { model: model.value, curve: curve.value };
  }
  if (model.status === 'fulfilled') model.value.dispose();
  throw failed.signal.reason;
}

async function trainInTurn(
  task: BaselineTask,
  saved: Checkpoint | undefined,
  hooks: TrainingHooks,
): Promise<TrainedBaseline> {
  const isFinal = saved?.progress.phase === 'final';
  const curve = isFinal ? saved.progress.curve : await measureCurve(task, saved, hooks);
  const run: Run = { phase: 'final', images: allImages(task), curve, saved };
  return { model: await trainHere(task, run, hooks), curve };
}

/** The training on all images, on a thread beside this one. */
async function trainOnThread(task: BaselineTask, signal: AbortSignal): Promise<LayersModel> {
  const { train: data, network } = task;
  const images = allImages(task);
  const model = buildNetwork(network);
  try {
    await trainOnThreads(
      model,
      { plan: planOf(task, images), network, data: sharedData(data, images) },
      { signal },
    );
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The training that holds out validation images. @returns its curve */
async function measureCurve(
  task: BaselineTask,
  saved: Checkpoint | undefined,
  hooks: TrainingHooks,
): Promise<CurvePoint[]> {
  const { train: data, recipe } = task;
  const { trainingIndices, validationIndices } = holdOut(data, recipe.validationShare, recipe.seed);
  const variants = { perImage: recipe.augmentation, seed: recipe.seed };
  const rows = evenlySpread(rowsOfImages(validationIndices, variants), VALIDATION_ROWS);
  const curve = [...(saved?.progress.curve ?? [])];
  const run: Run = {
    phase: 'search',
    images: trainingIndices,
    curve,
    saved,
    validation: { data, variants, rows },
  };
  const model = await trainHere(task, run, hooks);
  model.dispose();
  return curve;
}

/** One of the two trainings, on this thread. */
interface Run {
  phase: Progress['phase'];
  images: Int32Array;
  /** Points are added to it where there is a validation set. */
  curve: CurvePoint[];
  /** Checkpoint of an interrupted training, of whichever phase. */
  saved: Checkpoint | undefined;
  validation?: ValidationSet;
}

async function trainHere(
  task: BaselineTask,
  { phase, images, curve, saved, validation }: Run,
  { onPoint, signal }: TrainingHooks,
): Promise<LayersModel> {
  const { train, steps, checkpoints } = task;
  const plan = planOf(task, images);
  const stepsPerPoint = Math.ceil(steps / POINTS);
  const resumed = saved?.progress.phase === phase ? saved : undefined;
  let { right, seen } = resumed?.progress ?? { right: 0, seen: 0 };
  const model = buildNetwork(task.network);
  try {
    await runTrainingLoop(model, plan, {
      rank: 0,
      batches: batchesFromPixels(plan, 0, (indices) =>
        train.gather(Array.from(indices, (index) => images[index]!)),
      ),
      from: resumed && { step: resumed.progress.step, values: resumed.values },
      onStep: async ({ step, accuracy }, replica) => {
        right += accuracy * plan.batchSize;
        seen += plan.batchSize;
        if (validation && (step % stepsPerPoint === 0 || step === steps)) {
          replica.finish();
          const trainingAccuracy = Math.min(1, right / seen);
          // Without the signal: when it aborts here, the checkpoint below is still to be saved.
          const point: CurvePoint = { step, trainingAccuracy, ...(await validate(model, validation)) };
          [right, seen] = [0, 0];
          curve.push(point);
          onPoint?.(point);
        }
        const isDue = step < steps && (step % STEPS_PER_CHECKPOINT === 0 || signal?.aborted);
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

const allImages = ({ train }: BaselineTask) => train.classIndices.map((_, image) => image);

const planOf = ({ train, steps, recipe }: BaselineTask, images: Int32Array): TrainingPlan => ({
  input: train.input,
  classIndices: images.map((image) => train.classIndices[image]!),
  batchSize: Math.min(BATCH, images.length),
  steps,
  balanced: true,
  learningRate: LEARNING_RATE,
  seed: recipe.seed,
  deadline: null,
  workers: 1,
});

function evenlySpread(rows: Int32Array, most: number): Int32Array {
  const count = Math.min(rows.length, most);
  return Int32Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)]!);
}
