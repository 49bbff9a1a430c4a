import { setImmediate } from 'node:timers/promises';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import { monotonicMs } from '#core/monotonic.ts';
import type { Augmentation } from '../data/augment.ts';
import type { BatchSource } from './batch-source.ts';
import { afterMeasurement, type Patience } from './early-stopping.ts';
import { learnBatch } from './learn-batch.ts';
import type { OptimiserSettings } from './optimisers/optimiser.ts';
import { createReplica, type Replica } from './replica.ts';
import { createStepBudget, learningRateAt } from './schedule.ts';
import type { TargetSettings } from './targets.ts';
import { measureTogether, type Validated, type Validation } from './validation.ts';

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
  /** Steps in which no image is varied; 0 when left out. */
  unvariedSteps?: number;
  /** See `softenTargets`. */
  targets?: TargetSettings;
  /** Adam when left out. */
  optimiser?: OptimiserSettings;
  /** Measurements without a smaller validation loss after which training ends; never when left out. */
  patience?: number;
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
  /** Its part of the images that the network is measured on. */
  validation?: Validation | undefined;
  /** What an interrupted training saved, to resume from. */
  from?: SavedState | undefined;
  onStep?: (progress: StepProgress, replica: Pick<Replica, 'finish' | 'save'>) => void | Promise<void>;
  /** Is told in plain words of what a person should know. */
  onNotice?: ((message: string) => void) | undefined;
  /** Asks every worker of the training to stop after its step; only worker 0's counts. */
  isToStop?: () => boolean;
  signal?: AbortSignal | undefined;
}

/** What the loop itself has to know to go on, besides the replica's values. */
export interface LoopState extends Patience {
  /** Steps done. */
  step: number;
  /** Mean accuracy of the last steps, and how many steps it has seen. */
  accuracy: number;
  counted: number;
  /** Parts in which each worker's share of a batch passes the network, because all at once has no room. */
  parts: number;
  /** Time since the first batch was there, and how much of it was waiting for data. Milliseconds. */
  spentMs: number;
  waitedMs: number;
}

/** The state of `Replica.save`, and the loop's. A training that only has its step goes on with means anew. */
export type SavedState = {
  values: Float32Array;
  step: number;
  /** What the training had taken of its time. 0 when left out. */
  secondsBefore?: number;
} & Partial<LoopState>;

export interface StepProgress {
  /** Steps done. */
  step: number;
  /** Steps planned, as the time allows. */
  steps: number;
  /** Of this step's batch. */
  loss: number;
  accuracy: number;
  /** With which this step was taken. */
  learningRate: number;
  /** After this step, where it was measured. */
  validated?: Validated | undefined;
  /** After this step. */
  state: LoopState;
  /** The training ends here unfinished: it was asked to stop. */
  isStopped: boolean;
}

export interface TrainingOutcome {
  steps: number;
  /** Mean of the last steps' batches, in which a step weighs 5 % less than the one after it. */
  accuracy: number;
  /** Share of the time in which the training waited for data. */
  stall: number;
  /** After the last step, where there is something to measure on. */
  validated?: Validated | undefined;
  /** It was asked to stop before its end. */
  isStopped: boolean;
}

/** Weight of the latest step in the mean accuracy. */
const LATEST_WEIGHT = 0.05;

/**
 * Values that workers exchange besides what a replica has learnt: steps planned, share of the training done,
 * whether to stop, and the parts of each worker.
 */
export const controlWords = (workers: number): number => 3 + workers;

export const stallOf = ({ waitedMs, spentMs }: Pick<LoopState, 'waitedMs' | 'spentMs'>): number =>
  spentMs > 0 ? Math.min(1, waitedMs / spentMs) : 0;

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
  const { rank, batches, allReduce, from, validation, onStep, onNotice, signal } = context;
  const share = batchSize / workers;
  const replica = await createReplica(model, plan.optimiser);
  const started = monotonicMs();
  const { secondsBefore = 0, values, ...saved } = from ?? {};
  const budget = createStepBudget(
    plan.steps,
    deadline === null ? undefined : secondsBefore + Math.max(0, deadline - started) / 1_000,
  );
  const learnt = new Float32Array(replica.size + controlWords(workers));
  const control = learnt.subarray(replica.size);
  const state: LoopState = {
    ...{ step: 0, accuracy: 0, counted: 0, parts: 1, spentMs: 0, waitedMs: 0 },
    ...{ bestLoss: null, sinceBest: 0 },
    ...saved,
  };
  if (values) {
    replica.restore(values);
    budget.note(state.step, secondsBefore);
  }
  // Not what the time allows: each worker has its own clock here, and all take at least one step.
  let steps = plan.steps;
  let validated: Validated | undefined;
  let isStopped = false;
  let lookedAt: number | undefined;
  while (state.step < steps && !isStopped) {
    const { step } = state;
    const asked = monotonicMs();
    const batch = await batches.take(step);
    const taken = monotonicMs();
    // The first batch waits for threads to start, which says nothing about the training.
    if (lookedAt !== undefined) state.waitedMs += taken - asked;
    lookedAt ??= taken;
    const inParts = { ...batch, parts: state.parts, input: plan.input };
    state.parts = await learnBatch(replica, inParts, learnt, onNotice);
    // Only worker 0 reads the clock. The others get its plan with the sums, so that all stop at the same
    // step.
    control.fill(0);
    if (rank === 0) control.set([budget.steps, budget.progress, context.isToStop?.() === true ? 1 : 0]);
    control[3 + rank] = state.parts;
    allReduce?.(learnt);
    steps = control[0]!;
    isStopped = control[2]! > 0;
    state.parts = Math.max(...control.subarray(3));
    const progress = control[1]!;
    if (workers > 1) for (let i = 0; i < replica.size; i++) learnt[i]! /= workers;
    const learningRate = learningRateAt(progress, plan.learningRate, plan.warmUp);
    replica.apply(learnt, { step, learningRate });
    state.step++;
    const { loss, correct } = replica.score(learnt);
    const accuracy = correct / share;
    state.accuracy += Math.max(1 / ++state.counted, LATEST_WEIGHT) * (accuracy - state.accuracy);
    if (validation && (state.step % validation.every === 0 || state.step >= steps)) {
      replica.finish();
      validated = await measureTogether(model, validation, { values: learnt, allReduce });
      Object.assign(state, afterMeasurement(state, validated.validationLoss));
      // All workers have measured the same, so all end here.
      if (state.sinceBest >= (plan.patience ?? Number.POSITIVE_INFINITY)) steps = state.step;
    } else validated = undefined;
    const now = monotonicMs();
    if (rank === 0) budget.note(state.step, secondsBefore + (now - started) / 1_000);
    state.spentMs += now - lookedAt;
    lookedAt = now;
    // Lets a signal abort before the step is reported, so that `onStep` can still save a checkpoint.
    await setImmediate();
    isStopped &&= state.step < steps;
    const report = { step: state.step, steps, loss, accuracy, learningRate, validated, isStopped };
    await onStep?.({ ...report, state: { ...state } }, replica);
    signal?.throwIfAborted();
  }
  replica.finish();
  return { steps: state.step, accuracy: state.accuracy, stall: stallOf(state), validated, isStopped };
}
