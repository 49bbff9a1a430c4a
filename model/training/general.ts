import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { InvalidInputError } from '#core/errors.ts';
import { monotonicMs } from '#core/monotonic.ts';
import type { DataSet } from '../data/data-set.ts';
import { splitByClass } from '../data/split.ts';
import { buildNetwork, CUT_LAYER, DEFAULT_FILTERS, type NetworkOptions } from '../network/backbone.ts';
import { predictPixels } from '../prediction/predict.ts';
import { runTrainingLoop, type StepProgress, type TrainingPlan } from './loop.ts';
import { trainOnThreads } from './train-on-threads.ts';

export interface GeneralTrainingOptions {
  /** Passes over the training images, at the most. */
  epochs: number;
  /** The number of steps, and the schedule with it, is cut to what fits into this time; the final measuring included. */
  maxSeconds?: number;
  batchSize: number;
  /** Highest of the schedule. */
  learningRate: number;
  seed: number;
  /** Share of each class's images that is held out to measure the result. */
  validationShare: number;
  /** Convolution filters of each block. */
  filters?: readonly number[];
  /**
   * Threads that share every batch. By default one for each core on WebAssembly (which uses a single one), and 1 on the native
   * backends (which use all). The result depends on it in the last digits.
   */
  workers?: number;
}

export interface GeneralTrainingHooks {
  onProgress?(progress: GeneralTrainingProgress): void;
  /** When it aborts, its reason is thrown and nothing is left behind. */
  signal?: AbortSignal;
}

export interface GeneralTrainingProgress {
  /** The current one, from 1. */
  epoch: number;
  epochs: number;
  step: number;
  steps: number;
  imagesPerSecond: number;
  /** Means over the last steps, on images varied at random. */
  loss: number;
  accuracy: number;
  secondsLeft: number;
}

export interface GeneralTrainingResult {
  model: tfl.LayersModel;
  /** Layer whose output transfer learning takes as features. */
  cutLayer: string;
  /** `trainingAccuracy` is a mean over the last steps, on images varied at random; see `TrainingOutcome`. */
  metrics: { trainingAccuracy: number; validationAccuracy: number; validationLoss: number };
  /** Passes over the training images, as a fraction. */
  epochs: number;
  /** Images that passed through the network, repetitions counted. */
  imagesSeen: number;
  seconds: number;
}

/** Fewer images of a batch than this are not worth a thread of their own. */
const LEAST_SHARE = 16;
/** More threads than this wait for each other more than they help. */
const MOST_WORKERS = 8;
/** Kept free for starting, measuring the result and what the clock does not show. */
const RESERVED_SECONDS = 2;

/**
 * Trains the general model from random weights. The same data, options, backend and number of workers give the same weights,
 * unless `maxSeconds` cuts the training short. Set up a backend first (`useBackend`).
 *
 * @throws InvalidInputError when a class has fewer than two images
 * @throws the signal's reason
 */
export async function trainGeneral(
  data: DataSet,
  options: GeneralTrainingOptions,
  hooks: GeneralTrainingHooks = {},
): Promise<GeneralTrainingResult> {
  const startedAt = monotonicMs();
  hooks.signal?.throwIfAborted();
  const { training, validation } = splitByClass(data, options.validationShare, options.seed);
  const plan = makePlan(data, training, options, startedAt);
  const network: NetworkOptions = {
    input: data.input,
    classes: data.labels.length,
    filters: options.filters ?? DEFAULT_FILTERS,
    seed: options.seed,
  };
  const model = buildNetwork(network);
  const progress = followProgress(plan, options, startedAt, hooks);
  try {
    const { steps, accuracy } =
      plan.workers === 1
        ? await runTrainingLoop(model, plan, {
            rank: 0,
            gather: (indices) =>
              data.gather(Array.from(indices as ArrayLike<number>, (index) => training[index]!)),
            onStep: progress.note,
            signal: hooks.signal,
          })
        : await trainOnThreads(network, model, plan, data, training, {
            onStep: progress.note,
            signal: hooks.signal,
          });
    const measured = await measure(model, data, validation);
    hooks.signal?.throwIfAborted();
    const imagesSeen = steps * plan.batchSize;
    return {
      model,
      cutLayer: CUT_LAYER,
      metrics: { trainingAccuracy: accuracy, ...measured },
      epochs: imagesSeen / training.length,
      imagesSeen,
      seconds: (monotonicMs() - startedAt) / 1_000,
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function makePlan(
  data: DataSet,
  training: Int32Array,
  options: GeneralTrainingOptions,
  startedAt: number,
): TrainingPlan {
  const wanted = Math.min(options.batchSize, training.length);
  const workers = Math.max(1, Math.min(options.workers ?? defaultWorkers(wanted), wanted));
  const batchSize = wanted - (wanted % workers);
  const maxSeconds = options.maxSeconds;
  if (!(options.epochs > 0)) throw new InvalidInputError(`${options.epochs} epochs are no training`);
  return {
    input: data.input,
    classes: training.map((index) => data.classes[index]!),
    batchSize,
    steps: Math.max(1, Math.round(options.epochs * Math.floor(training.length / batchSize))),
    learningRate: options.learningRate,
    seed: options.seed,
    deadline:
      maxSeconds === undefined
        ? null
        : startedAt + 1_000 * Math.max(maxSeconds / 2, maxSeconds - RESERVED_SECONDS),
    workers,
  };
}

function defaultWorkers(batchSize: number): number {
  if (tf.getBackend() !== 'wasm') return 1;
  return Math.min(availableParallelism(), MOST_WORKERS, Math.floor(batchSize / LEAST_SHARE));
}

/** Smooths what single steps report, of which not every one need come here: it is for a person who watches. */
function followProgress(
  plan: TrainingPlan,
  options: GeneralTrainingOptions,
  startedAt: number,
  hooks: GeneralTrainingHooks,
) {
  const stepsPerEpoch = Math.floor(plan.classes.length / plan.batchSize);
  const marks = [{ step: 0, at: startedAt }];
  let loss = 0;
  let accuracy = 0;
  let reports = 0;
  return {
    note(progress: StepProgress) {
      reports++;
      const weight = Math.max(1 / reports, 0.05);
      loss += weight * (progress.loss - loss);
      accuracy += weight * (progress.accuracy - accuracy);
      const now = monotonicMs();
      marks.push({ step: progress.step, at: now });
      if (marks.length > 50) marks.shift();
      const first = marks[0]!;
      const stepsPerSecond = (1_000 * (progress.step - first.step)) / Math.max(1, now - first.at);
      hooks.onProgress?.({
        epoch: Math.ceil(progress.step / stepsPerEpoch),
        epochs: Math.ceil(Math.min(options.epochs, progress.steps / stepsPerEpoch)),
        step: progress.step,
        steps: progress.steps,
        imagesPerSecond: stepsPerSecond * plan.batchSize,
        loss,
        accuracy,
        secondsLeft: Math.min(
          (progress.steps - progress.step) / stepsPerSecond,
          plan.deadline === null ? Number.POSITIVE_INFINITY : Math.max(0, plan.deadline - now) / 1_000,
        ),
      });
    },
  };
}

/** Accuracy and mean cross-entropy on held-out images as they are. */
async function measure(model: tfl.LayersModel, data: DataSet, indices: Int32Array) {
  const classes = data.labels.length;
  let correct = 0;
  let loss = 0;
  for (let from = 0; from < indices.length; from += 256) {
    const part = indices.subarray(from, from + 256);
    const probabilities = await predictPixels(model, data.gather(part), part.length, data.input);
    for (let i = 0; i < part.length; i++) {
      const row = probabilities.subarray(i * classes, (i + 1) * classes);
      const truth = data.classes[part[i]!]!;
      if (row.indexOf(Math.max(...row)) === truth) correct++;
      loss -= Math.log(Math.max(row[truth]!, 1e-7));
    }
  }
  return { validationAccuracy: correct / indices.length, validationLoss: loss / indices.length };
}
