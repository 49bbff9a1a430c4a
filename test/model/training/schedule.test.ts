import { describe, expect, it } from 'vitest';
import { createStepBudget, learningRateAt } from '#model/training/schedule.ts';

describe('learningRateAt', () => {
  it('rises for a tenth of the training and falls to nothing', () => {
    const rates = [0, 0.05, 0.1, 0.55, 1].map((progress) => learningRateAt(progress, 0.2));
    expect(rates[0]).toBeGreaterThan(0);
    expect(rates[0]).toBeLessThan(0.01);
    expect(rates[1]).toBeCloseTo(0.1);
    expect(rates[2]).toBeCloseTo(0.2);
    expect(rates[3]).toBeCloseTo(0.1);
    expect(rates[4]).toBeCloseTo(0);
  });
});

describe('createStepBudget', () => {
  /** Takes steps of this many seconds until the plan is done. */
  function run(wanted: number, maxSeconds: number | undefined, secondsOfStep: (step: number) => number) {
    const budget = createStepBudget(wanted, maxSeconds);
    let step = 0;
    let seconds = 0;
    while (step < budget.steps) {
      seconds += secondsOfStep(step++);
      budget.note(step, seconds);
    }
    return { step, seconds };
  }

  it('takes all steps when they fit', () => {
    expect(run(300, 100, () => 0.1).step).toBe(300);
    expect(run(300, undefined, () => 100).step).toBe(300);
  });

  it('takes as many as fit, and uses the time', () => {
    const { step, seconds } = run(10_000, 100, () => 0.1);
    expect(seconds).toBeLessThanOrEqual(100.11);
    expect(step).toBeGreaterThan(980);
  });

  it('keeps the time when the machine slows down', () => {
    const { seconds } = run(1_000, 100, (step) => (step < 200 ? 0.1 : 0.4));
    expect(seconds).toBeLessThanOrEqual(100.5);
    expect(seconds).toBeGreaterThan(95);
  });

  it('plans with more steps again when a slow phase is over', () => {
    expect(run(600, 100, (step) => (step < 60 ? 0.5 : 0.1)).step).toBe(600);
  });

  it('lets the learning rate follow the steps when they fit, and the clock when they do not', () => {
    const progressAfter = (wanted: number, maxSeconds: number) => {
      const budget = createStepBudget(wanted, maxSeconds);
      // Stalls for a second after every tenth step.
      for (let step = 1; step <= 400; step++) budget.note(step, step * 0.1 + Math.floor(step / 10));
      return budget.progress;
    };
    expect(progressAfter(500, 1_000)).toBe(0.8);
    expect(progressAfter(100_000, 200)).toBeCloseTo(80 / 200);
  });

  it('takes at least one step', () => {
    expect(run(10, 0, () => 1).step).toBeGreaterThanOrEqual(1);
  });
});
