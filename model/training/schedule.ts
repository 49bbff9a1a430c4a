/** Share of the steps over which the learning rate rises, unless a training says otherwise. */
export const WARM_UP = 0.1;

/**
 * Learning rate of a step: a linear rise to `highest`, then half a cosine down to 0 (one cycle, after Smith &
 * Topin, 2018), which gets the most out of a fixed number of steps.
 *
 * @param progress share of the training that is done, 0…1
 * @param warmUp share of the training over which it rises, from 0, below 1
 */
export function learningRateAt(progress: number, highest: number, warmUp = WARM_UP): number {
  if (progress < warmUp) return highest * Math.max(progress / warmUp, 0.01);
  const fall = Math.min(1, (progress - warmUp) / (1 - warmUp));
  return (highest / 2) * (1 + Math.cos(Math.PI * fall));
}

export interface StepBudget {
  /**
   * Steps that fit into the time, at most as many as wanted: a machine that is fast enough always takes the
   * same number of steps.
   */
  readonly steps: number;
  /** Share of the training that is done: of the steps if all fit into the time, otherwise of the time. */
  readonly progress: number;
  /** Call after each step. */
  note(stepsDone: number, secondsElapsed: number): void;
}

/** The first steps are slower (compilation, memory growth) and say nothing about the speed of the others. */
const STEPS_BEFORE_MEASURING = 10;
/**
 * The speed is the mean over this share of the time: long enough to even out pauses, short enough to notice
 * when the machine gets slower.
 */
const MEASURED_SHARE = 0.15;

/**
 * Fits a number of steps into a time. If they do not all fit, the learning rate follows the clock and not the
 * number of steps, which changes with every estimate of the speed. So other programs on the machine do not
 * make the learning rate jump.
 *
 * @param maxSeconds counted on the same clock as `note`'s `secondsElapsed`
 */
export function createStepBudget(wanted: number, maxSeconds = Number.POSITIVE_INFINITY): StepBudget {
  const marks: { step: number; seconds: number }[] = [];
  let steps = wanted;
  let progress = 0;
  return {
    get steps() {
      return steps;
    },
    get progress() {
      return progress;
    },
    note(stepsDone, secondsElapsed) {
      progress = Math.min(1, stepsDone / wanted);
      if (maxSeconds === Number.POSITIVE_INFINITY) return;
      if (stepsDone >= STEPS_BEFORE_MEASURING) marks.push({ step: stepsDone, seconds: secondsElapsed });
      while (marks.length > 2 && secondsElapsed - marks[0]!.seconds > MEASURED_SHARE * maxSeconds)
        marks.shift();
      const from = marks[0];
      if (secondsElapsed >= maxSeconds) {
        steps = Math.min(wanted, stepsDone);
      } else if (from && from.step < stepsDone) {
        const secondsPerStep = (secondsElapsed - from.seconds) / (stepsDone - from.step);
        const affordable = stepsDone + Math.floor((maxSeconds - secondsElapsed) / secondsPerStep);
        steps = Math.min(wanted, affordable);
      }
      if (steps < wanted) progress = Math.min(1, secondsElapsed / maxSeconds);
    },
  };
}
