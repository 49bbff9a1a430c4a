import { expect, it } from 'vitest';
import { afterMeasurement, type Patience } from '#model/training/early-stopping.ts';

it('counts the measurements since the smallest loss; equal, larger and missing ones are no progress', () => {
  const losses = [Number.NaN, 2, 1.5, 1.5, Number.NaN, 1.6, 1.4];
  let state: Patience = { bestLoss: null, sinceBest: 0 };
  const counts = losses.map((loss) => {
    state = afterMeasurement(state, loss);
    return state.sinceBest;
  });
  expect(counts).toEqual([1, 0, 0, 1, 2, 3, 0]);
  expect(state.bestLoss).toBe(1.4);
});
