import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { InvalidInputError } from '#core/errors.ts';
import { monotonicMs } from '#core/monotonic.ts';
import type { DataSet } from '../data/data-set.ts';
import { splitByClass } from '../data/split.ts';
import { UNVARIED } from '../data/variants.ts';
import { buildNetwork, type NetworkName, type NetworkOptions } from '../network/build-network.ts';
import { batchesFromPixels } from './batch-source.ts';
import { followProgress, type GeneralTrainingProgress } from './general-progress.ts';
import { runTrainingLoop, type TrainingPlan } from './loop.ts';
import { type Method, methodFor, planOfMethod } from './method.ts';
import { trainOnThreads } from './train-on-threads.ts';
import { validate } from './validate.ts';

/** What is left out of the method is the network's; see `DEFAULT_METHODS`. */
export interface GeneralTrainingOptions extends Partial<Method> {
  /** Passes over the training images, at the most. */
  epochs: number;
  /**
   * The number of steps, and the schedule with it, is reduced to fit into this time, the final validation
   * included.
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
}

export interface GeneralTrainingHooks {
  onProgress?(progress: GeneralTrainingProgress): void;
  /** When it aborts, its reason is thrown and nothing is left behind. */
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
  seconds: number;
}

/** A thread needs at least so many images of a batch to be worth it. */
const LEAST_SHARE = 16;
/** With more threads, waiting for each other costs more than they gain. */
const MOST_WORKERS = 8;
/** Reserved for starting and for validation. */
const RESERVED_SECONDS = 2;

/**
 * Trains the general model from random weights. The same data, options, backend and number of workers give
 * the same weights, unless `maxSeconds` cuts the training short. Set up a backend first (`useBackend`).
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
  const { trainingIndices, validationIndices } = splitByClass(data, options.validationShare, options.seed);
  const plan = makePlan(data, trainingIndices, options, startedAt);
  const network: NetworkOptions = {
    input: data.input,
    labelCount: data.labels.length,
    seed: options.seed,
    ...(options.network === undefined ? {} : { name: options.network }),
    ...(options.width === undefined ? {} : { width: options.width }),
    ...(options.filters === undefined ? {} : { filters: options.filters }),
  };
  const model = buildNetwork(network);
  const onStep = followProgress(plan, startedAt, hooks.onProgress);
  const { signal } = hooks;
  try {
    const { steps, accuracy } =
      plan.workers === 1
        ? await runTrainingLoop(model, plan, {
            rank: 0,
            batches: batchesFromPixels(plan, 0, (indices) =>
              data.gather(Array.from(indices, (index) => trainingIndices[index]!)),
            ),
            onStep,
            signal,
          })
        : await trainOnThreads(model, { plan, network, data, images: trainingIndices }, { onStep, signal });
    const validated = await validate(model, { data, variants: UNVARIED, rows: validationIndices }, signal);
    const imagesSeen = steps * plan.batchSize;
    return {
      model,
      metrics: { trainingAccuracy: accuracy, ...validated },
      epochs: imagesSeen / trainingIndices.length,
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
  trainingIndices: Int32Array,
  options: GeneralTrainingOptions,
  startedAt: number,
): TrainingPlan {
  const wanted = Math.min(options.batchSize, trainingIndices.length);
  const workers = Math.max(1, Math.min(options.workers ?? defaultWorkers(wanted), wanted));
  const batchSize = wanted - (wanted % workers);
  const maxSeconds = options.maxSeconds;
  if (!(options.epochs > 0)) throw new InvalidInputError(`${options.epochs} epochs are no training`);
  return {
    input: data.input,
    classIndices: trainingIndices.map((index) => data.classIndices[index]!),
    batchSize,
    steps: Math.max(1, Math.round(options.epochs * Math.floor(trainingIndices.length / batchSize))),
    ...planOfMethod(methodFor(options.network ?? 'compact', options), data.labels.length),
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
