import { monotonicMs } from '#core/monotonic.ts';
import type { StepProgress, TrainingPlan } from './loop.ts';

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

/** Reports over which the speed is measured. */
const MARKS = 50;
/** Least weight of the latest report in the means. */
const LATEST_WEIGHT = 0.05;

/**
 * Makes the reports of single steps, some of which may be left out, into smooth progress for a person who
 * watches.
 *
 * @param startedAt on the clock of `monotonicMs`
 */
export function followProgress(
  plan: TrainingPlan,
  startedAt: number,
  onProgress?: (progress: GeneralTrainingProgress) => void,
): (progress: StepProgress) => void {
  const stepsPerEpoch = Math.floor(plan.classIndices.length / plan.batchSize);
  const marks = [{ step: 0, at: startedAt }];
  let loss = 0;
  let accuracy = 0;
  let reports = 0;
  return (progress) => {
    const { step, steps } = progress;
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
    });
  };
}
