import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import { monotonicMs } from '#core/monotonic.ts';
import type { Augmentation } from '../data/augment.ts';
import type { Batch, BatchSource } from './batch-source.ts';
import type { OptimiserSettings } from './optimisers/optimiser.ts';
import { createReplica, type Replica } from './replica.ts';
import { createStepBudget, learningRateAt } from './schedule.ts';
import type { Truth } from './step.ts';
import type { TargetSettings } from './targets.ts';

/** What all workers of one training have in common. */
export interface TrainingPlan {
  input: Input;
  /** Class of each training image. */
  classIndices: Int32Array;
  /** Images of a step, all workers together; a multiple of the number of workers. */
  batchSize: number;
  steps: number;
  /** Whether batches have equally many images of each class; see `createBatches`. False when left out. */
  balanced?: boolean;
  /** Highest of the schedule. */
  learningRate: number;
  /** See `learningRateAt`. */
  warmUp?: number;
  /** How images are varied; `light` when left out. */
  augmentation?: Augmentation;
  /** See `softenTargets`. */
  targets?: TargetSettings;
  /** Adam when left out. */
  optimiser?: OptimiserSettings;
  seed: number;
  /** When training has to be over, in milliseconds on the clock of `monotonicMs`. */
  deadline: number | null;
  workers: number;
}

/** What one worker has for itself. */
export interface TrainingContext {
  /** 0…workers − 1. Worker 0 keeps the time and reports. */
  rank: number;
  /** Its part of every batch. The caller closes it. */
  batches: BatchSource;
  /** Replaces the values by their sums over all workers; see `createAllReduce`. */
  allReduce?: (values: Float32Array) => void;
  /** What an interrupted training saved, to resume from. */
  from?: { step: number; values: Float32Array } | undefined;
  onStep?: (progress: StepProgress, replica: Pick<Replica, 'finish' | 'save'>) => void | Promise<void>;
  signal?: AbortSignal | undefined;
}

export interface StepProgress {
  /** Steps done. */
  step: number;
  /** Steps planned, as the time allows. */
  steps: number;
  /** Of this step's batch. */
  loss: number;
  accuracy: number;
}

export interface TrainingOutcome {
  steps: number;
  /** Mean of the last steps' batches, in which a step weighs 5 % less than the one after it. */
  accuracy: number;
}

/** Weight of the latest step in the mean accuracy. */
const LATEST_WEIGHT = 0.05;

/**
 * Values that workers exchange besides what a replica has learnt: steps planned, share of the training done.
 */
export const CONTROL_WORDS = 2;

/**
 * Trains the network in place. Several workers may run the same plan, each on its part of every batch. Their
 * networks stay equal, because each worker takes the same steps with the sum of what all have learnt.
 *
 * @throws the signal's reason
 */
export async function runTrainingLoop(
  model: tfl.LayersModel,
  plan: TrainingPlan,
  context: TrainingContext,
): Promise<TrainingOutcome> {
  const { batchSize, workers, deadline } = plan;
  const { rank, batches, allReduce, from, onStep, signal } = context;
  const share = batchSize / workers;
  const replica = createReplica(model, plan.optimiser);
  const started = monotonicMs();
  const budget = createStepBudget(
    plan.steps,
    deadline === null ? undefined : Math.max(0, deadline - started) / 1_000,
  );
  const learnt = new Float32Array(replica.size + CONTROL_WORDS);
  let steps = budget.steps;
  let taken = 0;
  let meanAccuracy = 0;
  let step = from?.step ?? 0;
  if (from) {
    replica.restore(from.values);
    budget.note(step, 0);
  }
  while (step < steps) {
    const { x, ...truth } = toTensors(await batches.take(step), plan);
    replica.learn(x, truth, learnt);
    tf.dispose({ x, ...truth });
    // Only worker 0 reads the clock. The others get its plan with the sums, so that all stop at the same
    // step.
    learnt.set(rank === 0 ? [budget.steps, budget.progress] : [0, 0], replica.size);
    allReduce?.(learnt);
    steps = learnt[replica.size]!;
    const progress = learnt[replica.size + 1]!;
    if (workers > 1) for (let i = 0; i < replica.size; i++) learnt[i]! /= workers;
    replica.apply(learnt, { step, learningRate: learningRateAt(progress, plan.learningRate, plan.warmUp) });
    step++;
    if (rank === 0) budget.note(step, (monotonicMs() - started) / 1_000);
    // Lets a signal abort before the step is reported, so that `onStep` can still save a checkpoint.
    await setImmediate();
    const { loss, correct } = replica.score(learnt);
    const accuracy = correct / share;
    meanAccuracy += Math.max(1 / ++taken, LATEST_WEIGHT) * (accuracy - meanAccuracy);
    await onStep?.({ step, steps, loss, accuracy }, replica);
    signal?.throwIfAborted();
  }
  replica.finish();
  return { steps: step, accuracy: meanAccuracy };
}

/** A batch as tensors: images of shape [n, height, width, 3], and what they show. */
function toTensors(
  { values, classIndices, targets }: Batch,
  { input: { height, width } }: TrainingPlan,
): { x: tf.Tensor4D } & Truth {
  const n = classIndices.length;
  return {
    x: tf.tensor4d(values, [n, height, width, 3]),
    classIndices: tf.tensor1d(classIndices, 'int32'),
    ...(targets === undefined ? {} : { targets: tf.tensor2d(targets, [n, targets.length / n]) }),
  };
}
