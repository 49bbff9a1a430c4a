import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recipeSchema } from '#core/contracts/domain.ts';
import { calibratedLoss } from '#model/transfer/calibration.ts';
import { type Candidate, chooseCandidate, trainHeads, tryStrengths } from '#model/transfer/head.ts';
import { createHeadObjective } from '#model/transfer/head-objective.ts';
import { openProducts, type Products } from '#model/transfer/products.ts';
import { createValidationCurve } from '#model/transfer/validation-curve.ts';
import { makeHeadTask } from './head-task.ts';

type Fit = Candidate['tried']['resize'];

let products: Products;
beforeAll(async () => {
  products = await openProducts(1);
});
afterAll(() => products.close());

describe('trainHeads', () => {
  it('takes every head to its minimum, and the weaker the regularisation the lower the loss', async () => {
    const objective = createHeadObjective(makeHeadTask(products));

    const points = await trainHeads(objective, objective.zeros(), { regularisation: 0.1, passes: 200 });
    const weaker = await trainHeads(objective, points, { regularisation: 0.01, passes: 200 });

    const { measured, scores } = await objective.evaluate(points, 0.1);
    for (const { gradient } of measured) expect(Math.hypot(...gradient)).toBeLessThan(0.02);
    expect(scores.trainingAccuracy).toBeGreaterThan(0.7);
    const lossAt = async (at: Float64Array[]) => (await objective.evaluate(at, 0)).measured[0]!.value;
    expect(await lossAt(weaker)).toBeLessThan(await lossAt(points));
  });

  it('stops with the reason of the signal', async () => {
    const objective = createHeadObjective(makeHeadTask(products));
    const signal = AbortSignal.abort(new Error('asked to stop'));

    await expect(
      trainHeads(objective, objective.zeros(), { regularisation: 1, passes: 10, signal }),
    ).rejects.toThrow('asked to stop');
  });
});

describe('chooseCandidate', () => {
  const candidate = (regularisation: number, validationLoss: number, resize: Fit = 'stretch'): Candidate => ({
    tried: {
      ...{ features: 'map', places: 1, resize, regularisation, validationLoss },
      ...{ step: 4, validationAccuracy: 0.5, standardError: 0.1 },
    },
    start: new Float64Array(),
    held: { logits: new Float32Array(), classIndices: new Int32Array() },
    temperature: 1,
  });

  it('takes the lowest validation loss, whatever its standard error, and the stronger of two equal ones', () => {
    const candidates = [candidate(1, 0.55), candidate(0.3, 0.5), candidate(0.1, 0.5), candidate(0.03, 0.6)];

    expect(chooseCandidate(candidates, 'stretch').tried.regularisation).toBe(0.3);
    expect(chooseCandidate(candidates, 'cover').tried.regularisation).toBe(0.3);
  });

  it.each<[string, number, Fit]>([
    ['keeps the general model’s own resizing within one standard error', 0.45, 'stretch'],
    ['leaves it for one that is better by more', 0.35, 'cover'],
  ])('%s', (_what, loss, chosen) => {
    const candidates = [candidate(1, 0.6), candidate(0.3, 0.5), candidate(1, loss, 'cover')];

    expect(chooseCandidate(candidates, 'stretch').tried).toMatchObject({
      resize: chosen,
      validationLoss: chosen === 'cover' ? loss : 0.5,
    });
  });
});

describe('tryStrengths', () => {
  it('goes from strong to weak, and stops when two in a row are worse', async () => {
    const objective = createHeadObjective(makeHeadTask(products));
    const recipe = recipeSchema.parse({
      regularisation: [1e-6, 1e-5, 1e-4, 3, 0.1, 0.01],
      calibration: false,
    });
    const options = {
      view: { features: 'vector', resize: 'stretch' as const },
      ...{ recipe, variants: 1, validationImages: 20, curve: createValidationCurve() },
    };

    const candidates = await tryStrengths(objective, options);

    const strengths = candidates.map(({ tried }) => tried.regularisation);
    expect(strengths).toEqual([3, 0.1, 0.01, 1e-4, 1e-5, 1e-6].slice(0, strengths.length));
    const losses = candidates.map(({ tried }) => tried.validationLoss);
    expect(Math.min(...losses)).toBe(losses.at(-3));
    expect(strengths.length).toBeLessThan(6);
    for (const { tried, temperature, held } of candidates) {
      expect(tried).toMatchObject({ features: 'vector', resize: 'stretch' });
      expect(tried.validationLoss).toBeCloseTo(calibratedLoss(held, temperature), 9);
    }
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
