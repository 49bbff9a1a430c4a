import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import { monotonicMs } from '#core/monotonic.ts';
import { createBatches } from '../data/batches.ts';
import { varyBatch } from '../data/vary-batch.ts';
import { createReplica, type Replica } from './replica.ts';
import { createStepBudget, learningRateAt } from './schedule.ts';

/** What all workers of one training have in common. */
export interface TrainingPlan {
  input: Input;
  /** Class of each training image. */
  classes: Int32Array;
  /** Images of a step, all workers together; a multiple of the number of workers. */
  batchSize: number;
  steps: number;
  /** Equally many images of each class, whatever there are; see `createBatches`. False when left out. */
  balanced?: boolean;
  /** Highest of the schedule. */
  learningRate: number;
  seed: number;
  /** When training has to be over, on the clock of `monotonicMs`. */
  deadline: number | null;
  workers: number;
}

/** What one worker has for itself. */
export interface TrainingContext {
  /** 0…workers - 1. Worker 0 keeps the time and reports. */
  rank: number;
  /** Pixels of these training images. */
  gather(indices: ArrayLike<number>): Uint8Array;
  /** Replaces the values by their sums over all workers, in the order of ranks. */
  addUp?: (values: Float32Array) => void;
  /** Where to go on instead of beginning. */
  from?: { step: number; values: Float32Array };
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

/** Of the latest step in the mean accuracy. */
const LATEST_WEIGHT = 0.05;

/** Behind what a replica has learnt: steps planned, share of the training done. */
export const CONTROL_WORDS = 2;

/**
 * Trains the network in place. Several workers may run the same plan, each on its part of every batch; their networks stay equal
 * because each takes the same steps with the sum of what all have learnt.
 *
 * @throws the signal's reason
 */
export async function runTrainingLoop(
  model: tfl.LayersModel,
  plan: TrainingPlan,
  context: TrainingContext,
): Promise<TrainingOutcome> {
  const { batchSize, workers, seed, deadline } = plan;
  const share = batchSize / workers;
  const replica = createReplica(model);
  const started = monotonicMs();
  const budget = createStepBudget(
    plan.steps,
    deadline === null ? undefined : Math.max(0, deadline - started) / 1_000,
  );
  const learnt = new Float32Array(replica.size + CONTROL_WORDS);
  const batches = createBatches(plan.classes, batchSize, seed, plan.balanced ?? false);
  let steps = budget.steps;
  let taken = 0;
  let meanAccuracy = 0;
  let step = context.from?.step ?? 0;
  if (context.from) {
    replica.restore(context.from.values, step);
    budget.note(step, 0);
  }
  while (step < steps) {
    const indices = batches(step).subarray(context.rank * share, (context.rank + 1) * share);
    learnOneBatch(replica, plan, context, indices, step, learnt);
    // Only worker 0 looks at the clock; the others learn its plan with the sums, so that all stop at the same step.
    learnt.set(context.rank === 0 ? [budget.steps, budget.progress] : [0, 0], replica.size);
    context.addUp?.(learnt);
    steps = learnt[replica.size]!;
    const progress = learnt[replica.size + 1]!;
    if (workers > 1) for (let i = 0; i < replica.size; i++) learnt[i]! /= workers;
    replica.apply(learnt, learningRateAt(progress, plan.learningRate));
    step++;
    if (context.rank === 0) budget.note(step, (monotonicMs() - started) / 1_000);
    // What comes in meanwhile, the wish to stop for one, is heard before the step is reported.
    await setImmediate();
    const { loss, correct } = replica.score(learnt);
    const accuracy = correct / share;
    meanAccuracy += Math.max(1 / ++taken, LATEST_WEIGHT) * (accuracy - meanAccuracy);
    await context.onStep?.({ step, steps, loss, accuracy }, replica);
    context.signal?.throwIfAborted();
  }
  replica.finish();
  return { steps: step, accuracy: meanAccuracy };
}

function learnOneBatch(
  replica: ReturnType<typeof createReplica>,
  { input, classes, seed }: TrainingPlan,
  { gather }: TrainingContext,
  indices: Int32Array,
  step: number,
  into: Float32Array,
) {
  const seeds = Array.from(indices, (index) => `${seed} ${step} ${index}`);
  const values = varyBatch(gather(indices), input, seeds);
  const x = tf.tensor4d(values, [indices.length, input.height, input.width, input.channels]);
  const labels = tf.tensor1d(
    indices.map((index) => classes[index]!),
    'int32',
  );
  replica.learn(x, labels, into);
  tf.dispose([x, labels]);
}
