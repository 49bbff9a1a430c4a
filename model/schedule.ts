/** Share of the steps over which the learning rate rises. */
const WARM_UP = 0.1;

/**
 * Learning rate of a step: a linear rise to `highest` over the first tenth, then half a cosine down to 0 (one cycle, after Smith &
 * Topin, 2018), which makes the most of a fixed number of steps.
 *
 * @param progress share of the training that is done, 0…1
 */
export function learningRateAt(progress: number, highest: number): number {
  if (progress < WARM_UP) return highest * Math.max(progress / WARM_UP, 0.01);
  const fall = Math.min(1, (progress - WARM_UP) / (1 - WARM_UP));
  return (highest / 2) * (1 + Math.cos(Math.PI * fall));
}

export interface StepBudget {
  /** Steps that fit into the time, and never more than wanted: a machine that is fast enough always takes the same steps. */
  readonly steps: number;
  /** Call after each step. */
  note(stepsDone: number, secondsElapsed: number): void;
}

/** The first steps are slower (compilation, memory growth): they say nothing about the speed to come. */
const STEPS_BEFORE_MEASURING = 10;
/** The recent past predicts best, and short stalls average out. */
const WINDOW = 50;

/**
 * Fits a number of steps into a time.
 *
 * @param maxSeconds counted on the same clock as `note`'s `secondsElapsed`
 */
export function createStepBudget(steps: number, maxSeconds = Number.POSITIVE_INFINITY): StepBudget {
  const marks: { step: number; seconds: number }[] = [];
  let planned = steps;
  return {
    get steps() {
      return planned;
    },
    note(stepsDone, secondsElapsed) {
      if (stepsDone < STEPS_BEFORE_MEASURING) return;
      marks.push({ step: stepsDone, seconds: secondsElapsed });
      if (marks.length > WINDOW) marks.shift();
      if (secondsElapsed >= maxSeconds) {
        planned = stepsDone;
        return;
      }
      if (marks.length < 2) return;
      const from = marks[0]!;
      const secondsPerStep = (secondsElapsed - from.seconds) / (stepsDone - from.step);
      const affordable = stepsDone + Math.floor((maxSeconds - secondsElapsed) / secondsPerStep);
      planned = Math.min(steps, Math.max(stepsDone, affordable));
    },
  };
}
