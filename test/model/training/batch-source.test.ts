import { expect, it } from 'vitest';
import { networkInput } from '#model/network/input.ts';
import { batchesFromPixels } from '#model/training/batch-source.ts';
import type { TrainingPlan } from '#model/training/loop.ts';

const input = networkInput(8);
const plan: TrainingPlan = {
  ...{ input, classIndices: Int32Array.of(0, 1, 0, 1), batchSize: 2, steps: 8, workers: 1 },
  ...{ learningRate: 0.01, seed: 1, deadline: null },
};
/** Image i has the value 50 × i everywhere. */
const gather = (images: ArrayLike<number>) =>
  Uint8Array.from(Array.from(images, (image) => Array<number>(8 * 8 * 3).fill(50 * image)).flat());

it('varies images anew in each step, from the step on that the plan says', async () => {
  const source = batchesFromPixels({ ...plan, unvariedSteps: 2 }, 0, gather);
  const valuesIn = async (step: number) => new Set((await source.take(step)).values).size;

  // Two images of one value each; varied, each has another value in every channel.
  expect([await valuesIn(0), await valuesIn(1)]).toEqual([2, 2]);
  expect(await valuesIn(2)).toBeGreaterThan(2);
  expect(await valuesIn(5)).toBeGreaterThan(2);
});

it('varies all images of a plan that says nothing', async () => {
  const source = batchesFromPixels(plan, 0, gather);

  expect(new Set((await source.take(0)).values).size).toBeGreaterThan(2);
});
