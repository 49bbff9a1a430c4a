import { monotonicMs } from '#core/monotonic.ts';
import { type StepProgress, stallOf, type TrainingPlan } from './loop.ts';
import type { Validated } from './validation.ts';

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
  learningRate: number;
  /** Share of the time in which the training waited for data. */
  stall: number;
  /** On the held-out images, after this step. */
  validated?: Validated | undefined;
  /** The training can go on from this step. */
  isSaved: boolean;
}

/** Reports over which the speed is measured. */
const MARKS = 50;
/** Least weight of the latest report in the means. */
const LATEST_WEIGHT = 0.05;

/**
 * Makes the reports of single steps, some of which may be left out, into smooth progress for a person who
 * watches.
 *
 * @param from `startedAt` on the clock of `monotonicMs`, and the steps that were done by then
 */
export function followProgress(
  plan: TrainingPlan,
  from: { startedAt: number; step: number },
  onProgress?: (progress: GeneralTrainingProgress) => void,
): (progress: StepProgress, isSaved: boolean) => void {
  const stepsPerEpoch = Math.floor(plan.classIndices.length / plan.batchSize);
  const marks = [{ step: from.step, at: from.startedAt }];
  let loss = 0;
  let accuracy = 0;
  let reports = 0;
  return (progress, isSaved) => {
    const { step, steps, learningRate, validated, state } = progress;
    reports++;
    const weight = Math.max(1 / reports, LATEST_WEIGHT);
    loss += weight * (progress.loss - loss);
    accuracy += weight * (progress.accuracy - accuracy);
    const now = monotonicMs();
    marks.push({ step, at: now });
    if (marks.length > MARKS) marks.shift();
    const first = marks[0]!;
    const stepsPerSecond = (1_000 * (step - first.step)) / Math.max(1, now - first.at);
    const left = plan.deadline === null ? Number.POSITIVE_INFINITY : Math.max(0, plan.deadline - now) / 1_000;
    onProgress?.({
      epoch: Math.ceil(step / stepsPerEpoch),
      epochs: Math.ceil(steps / stepsPerEpoch),
      step,
      steps,
      imagesPerSecond: stepsPerSecond * plan.batchSize,
      loss,
      accuracy,
      secondsLeft: Math.min((steps - step) / stepsPerSecond, left),
      ...{ learningRate, validated, isSaved, stall: stallOf(state) },
    });
  };
}
