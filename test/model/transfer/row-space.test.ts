import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Recipe, recipeSchema } from '#core/contracts/domain.ts';
import { createRandom } from '#core/random.ts';
import type { LabelledFiles } from '#model/data/labelled-files.ts';
import { createFeatureRows, type FeatureRows } from '#model/transfer/feature-rows.ts';
import { createHeadObjective, type HeadObjective } from '#model/transfer/head-objective.ts';
import { headSpace } from '#model/transfer/head-space.ts';
import { headTask } from '#model/transfer/head-task.ts';
import { type HeadWeights, unstandardise } from '#model/transfer/head-weights.ts';
import { lbfgs } from '#model/transfer/lbfgs.ts';
import { openProducts, type Products } from '#model/transfer/products.ts';
import { spanRows } from '#model/transfer/row-space.ts';
import { standardise } from '#model/transfer/standardise.ts';

const recipe: Recipe = recipeSchema.parse({});
const LABELS = 3;

let products: Products;
beforeAll(async () => {
  products = await openProducts(1);
});
afterAll(() => products.close());

/** Rows whose first features follow their class. `like`: rows that are equal to that one. */
function makeRows(rows: number, width: number, like: Record<number, number> = {}): FeatureRows {
  const features = createFeatureRows(rows, width, 1e9);
  for (let row = 0; row < rows; row++) {
    const random = createRandom('row', like[row] ?? row);
    const values = Float32Array.from({ length: width }, (_, i) => {
      return random.normal() * (1 + (i % 5)) + (i % LABELS === (like[row] ?? row) % LABELS ? 1 : 0) + 2;
    });
    features.write(values, row);
  }
  return features;
}

const imagesOf = (size: number): LabelledFiles => ({
  labels: ['a', 'b', 'c'],
  size,
  ids: Array.from({ length: size }, (_, i) => `${i}.png`),
  paths: Array.from({ length: size }, (_, i) => `/${i}.png`),
  classIndices: Int32Array.from({ length: size }, (_, i) => i % LABELS),
});

function logitsOf({ kernel, bias }: HeadWeights, features: FeatureRows): number[] {
  return Array.from({ length: features.rows }, (_, row) => {
    const x = features.read(row, row + 1);
    return Array.from(bias, (start, label) =>
      x.reduce((sum, value, i) => sum + value * kernel[i * LABELS + label]!, start),
    );
  }).flat();
}

const nothingHeldOut = (size: number) => ({ heads: 1, heldOutBy: new Int8Array(size).fill(-1) });

/** Goes on until the loss no longer falls, far beyond where training ends. */
async function minimise(objective: HeadObjective): Promise<Float64Array> {
  const search = lbfgs(objective.zeros()[0]!, { evaluations: 1_000, tolerance: 0 });
  let answer = search.next();
  while (!answer.done) {
    const { measured } = await objective.evaluate([answer.value], 0.1);
    answer = search.next(measured[0]!);
  }
  return answer.value;
}

/** Trains on all rows: in the space of the rows where they are fewer than the features. */
async function trainIn(features: FeatureRows, size: number) {
  const space = await headSpace(features, products);
  const task = headTask({ images: imagesOf(size), recipe, products }, space, nothingHeldOut(size));
  const objective = createHeadObjective(task);
  const point = await minimise(objective);
  return { width: space.rows.width, weights: await space.weights(point, LABELS) };
}

/** Trains on the features themselves. */
async function trainOnFeatures(features: FeatureRows, size: number) {
  const scaling = standardise(features);
  const space = { rows: features, scaling, weights: async () => Promise.reject(new Error('not needed')) };
  const task = headTask({ images: imagesOf(size), recipe, products }, space, nothingHeldOut(size));
  const objective = createHeadObjective(task);
  return unstandardise(await minimise(objective), scaling, LABELS);
}

describe('spanRows', () => {
  it('gives coordinates with the same products as the standardised rows', async () => {
    const features = makeRows(9, 40);
    const { mean, inverse } = standardise(features);

    const { coordinates } = await spanRows(features, { mean, inverse }, products);

    const z = Array.from({ length: 9 }, (_, row) =>
      Array.from(features.read(row, row + 1), (value, i) => (value - mean[i]!) * inverse[i]!),
    );
    const l = Array.from({ length: 9 }, (_, row) => [...coordinates.read(row, row + 1)]);
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    expect(coordinates).toMatchObject({ rows: 9, width: 9 });
    const scale = dot(z[0]!, z[0]!);
    for (let a = 0; a < 9; a++) {
      for (let b = 0; b < 9; b++) {
        expect(Math.abs(dot(l[a]!, l[b]!) - dot(z[a]!, z[b]!))).toBeLessThan(1e-4 * scale);
      }
    }
  });

  it('makes of a kernel for coordinates one for features with the same products', async () => {
    // More than one block of columns.
    const features = makeRows(6, 5_000);
    const scaling = standardise(features);
    const { coordinates, kernelOf } = await spanRows(features, scaling, products);
    const random = createRandom('kernel');
    const own = Float64Array.from({ length: 6 * LABELS }, () => random.normal());

    const kernel = await kernelOf(own, LABELS);

    expect(kernel).toHaveLength(5_000 * LABELS);
    for (let row = 0; row < 6; row++) {
      const l = coordinates.read(row, row + 1).slice();
      const x = features.read(row, row + 1);
      for (let label = 0; label < LABELS; label++) {
        const expected = l.reduce((sum, value, i) => sum + value * own[i * LABELS + label]!, 0);
        let found = 0;
        for (const [i, value] of x.entries()) {
          found += (value - scaling.mean[i]!) * scaling.inverse[i]! * kernel[i * LABELS + label]!;
        }
        expect(Math.abs(found - expected)).toBeLessThan(
          2e-3 * Math.max(...own.map(Math.abs)) * Math.hypot(...l),
        );
      }
    }
  });

  it('stops with the reason of the signal', async () => {
    const features = makeRows(6, 20);
    const signal = AbortSignal.abort(new Error('asked to stop'));

    await expect(spanRows(features, standardise(features), products, signal)).rejects.toThrow(
      'asked to stop',
    );
  });
});

describe('a head that is trained on coordinates', () => {
  it.each<[string, number, Record<number, number>]>([
    ['of different images', 30, {}],
    // Their products are singular.
    ['of equal images', 30, { 3: 0, 6: 0, 9: 0, 4: 1, 7: 1 }],
    ['of one image a class', 3, {}],
    ['that are all equal', 6, { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 }],
  ])('is the head that is trained on the features %s', async (_what, size, like) => {
    const features = makeRows(size, 60, like);

    const coordinates = await trainIn(features, size);
    const plain = await trainOnFeatures(features, size);

    expect(coordinates.width).toBe(size);
    const [a, b] = [logitsOf(coordinates.weights, features), logitsOf(plain, features)];
    const apart = a.map((logit, i) => Math.abs(logit - b[i]!));
    // What 32-bit products leave of two minima that are found on different ways.
    expect(Math.max(...apart)).toBeLessThan(1e-3 * Math.max(1, ...b.map(Math.abs)));
    expect(a.every(Number.isFinite)).toBe(true);
  });

  it('has the same loss and the same answers at the same head', async () => {
    const size = 12;
    const features = makeRows(size, 50);
    const scaling = standardise(features);
    const { coordinates, kernelOf } = await spanRows(features, scaling, products);
    const random = createRandom('point');
    const own = Float64Array.from({ length: (size + 1) * LABELS }, () => random.normal());
    const whole = new Float64Array(51 * LABELS);
    whole.set(await kernelOf(own.subarray(0, size * LABELS), LABELS));
    whole.set(own.subarray(size * LABELS), 50 * LABELS);
    const evaluate = (rows: FeatureRows, point: Float64Array, scale: typeof scaling) => {
      const space = { rows, scaling: scale, weights: async () => Promise.reject(new Error('not needed')) };
      const task = headTask({ images: imagesOf(size), recipe, products }, space, nothingHeldOut(size));
      return createHeadObjective(task).evaluate([point], 0.1);
    };

    const unscaled = { mean: new Float64Array(size), inverse: new Float64Array(size).fill(1) };
    const inCoordinates = await evaluate(coordinates, own, unscaled);
    const inFeatures = await evaluate(features, whole, scaling);

    const [found, expected] = [inCoordinates, inFeatures].map(({ measured }) => measured[0]!.value);
    expect(Math.abs(found! / expected! - 1)).toBeLessThan(1e-3);
    expect(inCoordinates.scores).toEqual({
      ...inFeatures.scores,
      validationLoss: expect.anything(),
      validationAccuracy: expect.anything(),
    });
  });

  it('is not used where there are as many rows as features', async () => {
    expect((await trainIn(makeRows(30, 20), 30)).width).toBe(20);
  });
});
