import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '#model/tensorflow/backend.ts';
import { trainHeads } from '#model/transfer/head.ts';
import { createHeadObjective } from '#model/transfer/head-objective.ts';
import { createValidationCurve } from '#model/transfer/validation-curve.ts';
import { backendUnderTest } from '../backend-under-test.ts';
import { makeHeadTask } from './head-task.ts';

beforeAll(async () => {
  await useBackend(backendUnderTest);
});

describe('trainHeads', () => {
  it('takes every head to its minimum, and the weaker the regularisation the lower the loss', async () => {
    const objective = createHeadObjective(makeHeadTask());

    const points = await trainHeads(objective, objective.zeros(), { regularisation: 0.1, passes: 200 });
    const weaker = await trainHeads(objective, points, { regularisation: 0.01, passes: 200 });

    const { measured, scores } = objective.evaluate(points, 0.1);
    for (const { gradient } of measured) expect(Math.hypot(...gradient)).toBeLessThan(0.02);
    expect(scores.trainingAccuracy).toBeGreaterThan(0.7);
    const losses = [points, weaker].map((at) => objective.evaluate(at, 0).measured[0]!.value);
    expect(losses[1]).toBeLessThan(losses[0]!);
    objective.dispose();
  });

  it('stops with the reason of the signal', async () => {
    const objective = createHeadObjective(makeHeadTask());
    const signal = AbortSignal.abort(new Error('asked to stop'));

    await expect(
      trainHeads(objective, objective.zeros(), { regularisation: 1, passes: 10, signal }),
    ).rejects.toThrow('asked to stop');
  });
});

describe('createValidationCurve', () => {
  const scores = { trainingAccuracy: 0.5, validationAccuracy: 0.4, validationLoss: 1 };

  it('has a point every four passes, and one where a candidate ends', () => {
    const told: number[] = [];
    const curve = createValidationCurve(({ step }) => told.push(step));

    for (let pass = 0; pass < 6; pass++) curve.addPass(scores);
    curve.endCandidate();
    curve.endCandidate();
    for (let pass = 0; pass < 2; pass++) curve.addPass(scores);
    curve.endCandidate();

    expect(curve.points.map(({ step }) => step)).toEqual([4, 6, 8]);
    expect(told).toEqual([4, 6, 8]);
    expect(curve.points[0]).toEqual({ step: 4, ...scores });
    expect(curve.step).toBe(8);
  });
});
