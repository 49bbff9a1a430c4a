import { describe, expect, it } from 'vitest';
import { createEarlyStopping } from '#model/early-stopping.ts';

const point = (step: number, validationAccuracy: number, validationLoss = 1) => ({
  step,
  trainingAccuracy: 1,
  validationAccuracy,
  validationLoss,
});

describe('early stopping', () => {
  it('ends after so many points without a better one, and knows the best', () => {
    const stopping = createEarlyStopping(2);
    const over = [point(1, 0.2), point(2, 0.5), point(3, 0.4), point(4, 0.45)].map((next) => {
      stopping.add(next);
      return stopping.isOver();
    });

    expect(over).toEqual([false, false, false, true]);
    expect(stopping.best.step).toBe(2);
    expect(stopping.curve).toHaveLength(4);
  });

  it('prefers the lower loss among equally accurate points, and the earlier of equals', () => {
    const stopping = createEarlyStopping(9);
    for (const next of [point(1, 0.5, 2), point(2, 0.5, 1), point(3, 0.5, 1)]) stopping.add(next);

    expect(stopping.best.step).toBe(2);
  });

  it('neither ends nor takes a point for the best before the least number of steps', () => {
    const stopping = createEarlyStopping(1, 20);
    const over = [point(10, 0.5), point(20, 0.4), point(30, 0.4)].map((next) => {
      stopping.add(next);
      return stopping.isOver();
    });

    expect(over).toEqual([false, false, true]);
    expect(stopping.best.step).toBe(20);
    expect(stopping.curve).toHaveLength(3);
  });
});
