import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { InvalidInputError } from '#core/errors.ts';
import { monotonicMs } from '#core/monotonic.ts';
import { splitByClass } from '../data/split.ts';
import type { TrainingImages } from '../data/training-images.ts';
import { buildNetwork, type NetworkName, type NetworkOptions } from '../network/build-network.ts';
import { followProgress, type GeneralTrainingProgress } from './general-progress.ts';
import { type Keeping, keepCheckpoints } from './keep-checkpoints.ts';
import { runTrainingLoop, type StepProgress, type TrainingOutcome, type TrainingPlan } from './loop.ts';
import { type Method, methodFor, planOfMethod } from './method.ts';
import { type ThreadedTraining, type ThreadHooks, trainOnThreads } from './train-on-threads.ts';
import type { Point, Setting, TrainingCheckpoint } from './training-checkpoints.ts';
import { openWorkerData, type TrainingData } from './worker-data.ts';

/** What is left out of the method is the network's; see `DEFAULT_METHODS`. */
export interface GeneralTrainingOptions extends Partial<Method> {
  /** Passes over the training images, at the most. */
  epochs: number;
  /**
   * The number of steps, and the schedule with it, is reduced to fit into this time, with two seconds of it
   * for the final validation. That takes longer with large images and networks.
   */
  maxSeconds?: number;
  batchSize: number;
  seed: number;
  /** Share of each class's images that is held out to measure the result. */
  validationShare: number;
  /** `compact` when left out. */
  network?: NetworkName;
  /** See `NetworkOptions`. */
  width?: number;
  filters?: readonly number[];
  /**
   * Threads that share every batch. By default one for each core on WebAssembly (which uses one core), and 1
   * on the native backends (which use all). The result depends on it in the last digits.
   */
  workers?: number;
  checkpoints?: CheckpointOptions | undefined;
}

/** Where a training is saved, so that it can go on after anything. */
export interface CheckpointOptions {
  folder: string;
  /** Seconds between two checkpoints, at least. */
  everySeconds: number;
  /** Everything that decides the result. */
  settings: Record<string, Setting>;
  /** From where it goes on; the same settings made it. */
  from?: TrainingCheckpoint | undefined;
}

export interface GeneralTrainingHooks {
  onProgress?(progress: GeneralTrainingProgress): void;
  /** Is told in plain words of what a person should know. */
  onNotice?(message: string): void;
  /** When it aborts, its reason is thrown; with checkpoints, the training is saved before. */
  signal?: AbortSignal;
}

export interface GeneralTrainingResult {
  model: tfl.LayersModel;
  /** `trainingAccuracy` is a mean over the last steps, on images varied at random; see `TrainingOutcome`. */
  metrics: { trainingAccuracy: number; validationAccuracy: number; validationLoss: number };
  /** Passes over the training images, as a fraction. */
  epochs: number;
  /** Images that passed through the network, repetitions counted. */
  imagesSeen: number;
  /** Of all runs together, where the training was interrupted. */
  seconds: number;
  /** Share of the time in which the training waited for data. */
  stall: number;
  /** The network in training on held-out images, the last point being the result. */
  points: Point[];
}

/** A thread needs at least so many images of a batch to be worth it. */
const LEAST_SHARE = 16;
/** With more threads, waiting for each other costs more than they gain. */
const MOST_WORKERS = 8;
/** Reserved for starting and for validation. */
const RESERVED_SECONDS = 2;
/** More held-out images make no figure more precise that anybody looks at: the standard error is 0.5 %. */
const MOST_VALIDATION_IMAGES = 10_000;
/** Steps between two measurements, at least. */
const LEAST_STEPS_BETWEEN = 100;

/**
 * Trains the general model from random weights. The same data, options, backend and number of workers give
 * the same weights, unless `maxSeconds` cuts the training short, and however often it was interrupted and
 * went on. Set up a backend first (`useBackend`).
 *
 * @throws InvalidInputError when a class has fewer than two images
 * @throws the signal's reason
 */
export async function trainGeneral(
  images: TrainingImages,
  options: GeneralTrainingOptions,
  hooks: GeneralTrainingHooks = {},
): Promise<GeneralTrainingResult> {
  const startedAt = monotonicMs();
  const { signal, onNotice } = hooks;
  signal?.throwIfAborted();
  const from = options.checkpoints?.from;
  const secondsBefore = from?.seconds ?? 0;
  const { plan, data } = prepareTraining(images, options, startedAt - 1_000 * secondsBefore);
  const network: NetworkOptions = {
    input: images.input,
    labelCount: images.labels.length,
    seed: options.seed,
    ...(options.network === undefined ? {} : { name: options.network }),
    ...(options.width === undefined ? {} : { width: options.width }),
    ...(options.filters === undefined ? {} : { filters: options.filters }),
  };
  const model = buildNetwork(network);
  const points = [...(from?.points ?? [])];
  const follow = followProgress(plan, { startedAt, step: from?.state.step ?? 0 }, hooks.onProgress);
  const onStep = (progress: StepProgress, isSaved: boolean) => {
    const { validated, state } = progress;
    if (validated) {
      const { validationAccuracy, validationLoss } = validated;
      points.push({ step: state.step, validationAccuracy, validationLoss });
    }
    follow(progress, isSaved);
  };
  const task = {
    ...{ plan, network, data },
    from: from && { ...from.state, values: from.values, secondsBefore },
    keeping: options.checkpoints && keepingOf(options.checkpoints, plan, startedAt),
  };
  try {
    const train = plan.workers === 1 ? trainHere : trainOnThreads;
    const outcome = await train(model, task, { onStep, onNotice, signal });
    const imagesSeen = outcome.steps * plan.batchSize;
    const { validationAccuracy, validationLoss } = outcome.validated!;
    return {
      ...{ model, imagesSeen, points, stall: outcome.stall },
      metrics: { trainingAccuracy: outcome.accuracy, validationAccuracy, validationLoss },
      epochs: imagesSeen / plan.classIndices.length,
      seconds: secondsBefore + (monotonicMs() - startedAt) / 1_000,
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The training on this thread. */
async function trainHere(
  model: tfl.LayersModel,
  { plan, data, from, keeping }: ThreadedTraining,
  { onStep, onNotice, signal }: ThreadHooks,
): Promise<TrainingOutcome> {
  const opened = await openWorkerData(data, plan, { rank: 0, onNotice });
  const keep = keeping && keepCheckpoints(keeping, onNotice);
  try {
    const outcome = await runTrainingLoop(model, plan, {
      rank: 0,
      ...{ batches: opened.batches, validation: opened.validation, from, onNotice },
      async onStep(progress, replica) {
        onStep?.(progress, (await keep?.(progress, replica)) ?? false);
      },
      isToStop: () => keeping !== undefined && signal?.aborted === true,
      signal: keeping ? undefined : signal,
    });
    if (outcome.isStopped) signal?.throwIfAborted();
    return outcome;
  } finally {
    await opened.close();
  }
}

function keepingOf(
  { folder, everySeconds, settings, from }: CheckpointOptions,
  plan: TrainingPlan,
  beganAt: number,
): Keeping {
  return {
    ...{ folder, everySeconds, settings, beganAt },
    startedAt: from?.startedAt ?? new Date().toISOString(),
    secondsBefore: from?.seconds ?? 0,
    points: from?.points ?? [],
    stepsPerEpoch: stepsPerEpoch(plan),
  };
}

/**
 * What all workers are to do, and on which images.
 *
 * @param startedAt when the training began, on the clock of `monotonicMs`; in the past where it goes on
 */
export function prepareTraining(
  images: TrainingImages,
  options: GeneralTrainingOptions,
  startedAt: number,
): { plan: TrainingPlan; data: TrainingData } {
  const share = Math.min(options.validationShare, MOST_VALIDATION_IMAGES / images.size);
  const { trainingIndices, validationIndices } = splitByClass(images, share, options.seed);
  const plan = makePlan(images, trainingIndices, options, startedAt);
  const epoch = stepsPerEpoch(plan);
  const validation = {
    every: epoch * Math.ceil(LEAST_STEPS_BETWEEN / epoch),
    images: validationIndices,
    classIndices: validationIndices.map((index) => images.classIndices[index]!),
    labelCount: images.labels.length,
  };
  return { plan, data: { pixels: images.pixels, images: trainingIndices, validation } };
}

const stepsPerEpoch = ({ classIndices, batchSize }: TrainingPlan) =>
  Math.floor(classIndices.length / batchSize);

/** Threads that share every batch, as `GeneralTrainingOptions.workers` says. */
export function workersFor(wanted: number | undefined, batchSize: number): number {
  return Math.max(1, Math.min(wanted ?? defaultWorkers(batchSize), batchSize));
}

function makePlan(
  images: TrainingImages,
  trainingIndices: Int32Array,
  options: GeneralTrainingOptions,
  startedAt: number,
): TrainingPlan {
  const wanted = Math.min(options.batchSize, trainingIndices.length);
  const workers = workersFor(options.workers, wanted);
  const batchSize = wanted - (wanted % workers);
  const perEpoch = Math.floor(trainingIndices.length / batchSize);
  const maxSeconds = options.maxSeconds;
  if (!(options.epochs > 0)) throw new InvalidInputError(`${options.epochs} epochs are no training`);
  return {
    input: images.input,
    classIndices: trainingIndices.map((index) => images.classIndices[index]!),
    batchSize,
    steps: Math.max(1, Math.round(options.epochs * perEpoch)),
    // What has not been seen yet teaches most as it is; variants are for what is seen again.
    unvariedSteps: perEpoch,
    ...planOfMethod(methodFor(options.network ?? 'compact', images.input, options), images.labels.length),
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
