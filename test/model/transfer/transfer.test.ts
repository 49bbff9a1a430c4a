import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Input } from '#core/contracts/common.ts';
import type { Recipe } from '#core/contracts/domain.ts';
import { choicesSchema, curvePointSchema } from '#core/contracts/evaluation.ts';
import { createRandom } from '#core/random.ts';
import { loadDataSet } from '#model/data/data-set.ts';
import type { LabelledFiles } from '#model/data/labelled-files.ts';
import { THUMBNAIL } from '#model/data/near-duplicates.ts';
import { openGraph } from '#model/inference/open-graph.ts';
import { toBytes } from '#model/onnx/build.ts';
import type { ModelProto } from '#model/onnx/proto/onnx_pb.js';
import type { TrainingHooks } from '#model/training/domain-training.ts';
import { type GeneralModel, type TransferResult, trainTransfer } from '#model/transfer/transfer.ts';
import { makeGeneralModel } from '../general-fixture.ts';
import { createShapesDomain, type ShapesDomain, recipe as shapesRecipe } from '../shapes-domain.ts';

const recipe: Recipe = {
  ...shapesRecipe,
  ...{ augmentation: 2, places: 1, resize: 'stretch', regularisation: [1, 0.1, 0.01] },
};

let shapes: ShapesDomain;
let general: GeneralModel;
beforeAll(async () => {
  shapes = await createShapesDomain();
  general = await makeGeneralModel();
  // Other processes use the common folder.
  await mkdir(join(shapes.folder, 'tmp'));
  vi.stubEnv('TMPDIR', join(shapes.folder, 'tmp'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  return shapes.remove();
});

/** Trains on one thread, whose start is what takes longest, and closes the features. */
async function train(
  changes: Partial<Recipe> = {},
  images: LabelledFiles = shapes.train,
  hooks: TrainingHooks = {},
): Promise<TransferResult> {
  const options = { general, train: images, recipe: { ...recipe, ...changes }, threads: 1 };
  const result = await trainTransfer(options, hooks);
  result.unsure.rows.close();
  return result;
}

async function probabilitiesOf(
  { graph, input }: { graph: ModelProto; input: Input },
  images: LabelledFiles,
): Promise<Float32Array[]> {
  const pool = await openGraph(graph, { inputs: [input], outputs: ['probabilities'], threads: 1 });
  try {
    return await Promise.all(
      images.paths.map(async (image) => (await pool.infer({ image }))[0]![0]! as Float32Array),
    );
  } finally {
    await pool.close();
  }
}

async function accuracyOf(result: TransferResult, images: LabelledFiles): Promise<number> {
  const answers = await probabilitiesOf(result, images);
  const right = answers.filter((row, i) => row.indexOf(Math.max(...row)) === images.classIndices[i]);
  return right.length / images.size;
}

/** A domain of two classes whose images `draw` paints. */
async function paint(
  name: string,
  draw: (
    label: number,
    random: ReturnType<typeof createRandom>,
  ) => { width: number; height: number; pixels: Uint8Array },
): Promise<LabelledFiles> {
  const root = join(shapes.folder, name);
  for (const label of [0, 1]) {
    await mkdir(join(root, `class ${label}`), { recursive: true });
    for (let n = 0; n < 12; n++) {
      const { width, height, pixels } = draw(label, createRandom(name, label, n));
      const image = sharp(pixels, { raw: { width, height, channels: 3 } }).png();
      await image.toFile(join(root, `class ${label}`, `${n}.png`));
    }
  }
  return loadDataSet(root, THUMBNAIL);
}

const scratch = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('graft-'));

describe('trainTransfer', () => {
  it('recognises unseen images of the domain, and its curve and choices say how it got there', async () => {
    const points: unknown[] = [];

    const result = await train({ places: [1, 2] }, shapes.train, { onPoint: (point) => points.push(point) });

    expect(await accuracyOf(result, shapes.test)).toBeGreaterThan(0.9);
    expect(result.curve).toEqual(points);
    for (const point of result.curve) curvePointSchema.parse(point);
    const { chosen, tried, variants, folds, validationImages } = choicesSchema.parse(result.choices);
    expect({ variants, folds, validationImages }).toEqual({ variants: 2, folds: 5, validationImages: 15 });
    // The map at one and at two places, and the vector.
    expect(new Set(tried.map(({ features, places }) => `${features} ${places}`))).toEqual(
      new Set(['map 1', 'map 2', 'vector undefined']),
    );
    expect(chosen.validationLoss).toBe(Math.min(...tried.map(({ validationLoss }) => validationLoss)));
    expect(chosen.step).toBe(result.bestStep);
    expect(result.curve.find(({ step }) => step === result.bestStep)!.validationAccuracy).toBe(
      chosen.validationAccuracy,
    );
    expect(result.steps).toBeGreaterThan(result.curve.at(-1)!.step);
    expect(result.unsure).toMatchObject({ images: { size: 15 }, rows: { rows: 30 } });
  });

  it('gives the same model for the same seed and for any number of threads, and leaves the general one alone', async () => {
    const before = toBytes(general.model);

    const first = await train();
    const again = await trainTransfer({ general, train: shapes.train, recipe, threads: 2 });
    again.unsure.rows.close();
    const other = await train({ seed: 2 });

    const [a, b, c] = await Promise.all(
      [first, again, other].map((one) => probabilitiesOf(one, shapes.test)),
    );
    for (const [i, row] of a!.entries()) {
      for (const [label, p] of row.entries()) expect(b![i]![label]).toBeCloseTo(p, 4);
    }
    expect(c).not.toEqual(a);
    expect(toBytes(general.model)).toEqual(before);
  });

  it('folds the temperature into the graph, which leaves what it recognises as it is', async () => {
    const plain = await train({ regularisation: 1, calibration: false });
    const calibrated = await train({ regularisation: 1 });

    const { temperature, validation } = calibrated.calibration!;
    expect(plain.calibration).toBeUndefined();
    expect(Math.abs(Math.log(temperature))).toBeGreaterThan(0.05);
    expect(validation.after).not.toBe(validation.before);
    const before = await probabilitiesOf(plain, shapes.test);
    const after = await probabilitiesOf(calibrated, shapes.test);
    for (const [i, row] of before.entries()) {
      const powers = Array.from(row, (p) => p ** (1 / temperature));
      const sum = powers.reduce((all, power) => all + power, 0);
      for (const [label, power] of powers.entries()) expect(after[i]![label]).toBeCloseTo(power / sum, 3);
    }
  });

  it.each<[string, Partial<Recipe>]>([
    ['a single hold-out', { folds: 1, validationShare: 0.4 }],
    ['unweighted classes', { classWeights: 'none' }],
    ['features on disk', { memoryMegabytes: 1e-6 }],
  ])('recognises unseen images with %s', async (_what, changes) => {
    const result = await train(changes);

    expect(await accuracyOf(result, shapes.test)).toBeGreaterThan(0.8);
    expect(result.choices!.folds).toBe(changes.folds ?? 5);
  });

  it.each([
    ['every class has a single image', 1],
    ['one class has', 3],
  ])('holds out variants where %s', async (name, others) => {
    const poor = await shapes.load(name, [1, others, others]);

    const result = await train({ augmentation: 4 }, poor);

    for (const point of result.curve) curvePointSchema.parse(point);
    expect(result.choices!.validationImages).toBe(poor.size);
    expect(await accuracyOf(result, poor)).toBeGreaterThan(0.6);
  });

  it('holds out a variant of single images although the recipe asks for none', async () => {
    const single = await shapes.load('no variants', [1, 1, 1]);

    const result = await train({ augmentation: 1 }, single);

    expect(result.choices!.variants).toBe(2);
    for (const point of result.curve) curvePointSchema.parse(point);
  });

  it('takes the last of each list, and does not calibrate, where single images can decide neither', async () => {
    const single = await shapes.load('no choice', [1, 1, 1]);

    const lists: Partial<Recipe> = { places: [1, 2], resize: ['stretch', 'cover'], regularisation: [1, 0.1] };
    const result = await train(lists, single);

    const tried = result.choices!.tried.map((one) => `${one.places} ${one.resize} ${one.regularisation}`);
    // The general model has a map and a vector.
    expect(tried).toEqual(['2 cover 0.1', 'undefined cover 0.1']);
    expect(result.calibration).toBeUndefined();
  });

  it('holds out variants where a sample has one image of each class', async () => {
    const options = { general, train: shapes.train, recipe: { ...recipe, augmentation: 1 }, threads: 1 };

    const result = await trainTransfer({ ...options, rowsToChoose: 3 });
    result.unsure.rows.close();

    choicesSchema.parse(result.choices);
  });
});

describe('what trainTransfer chooses by validation', () => {
  it('is more than one place where classes differ only by where a thing is', async () => {
    /** A bright square in the left or the right half. */
    const halves = await paint('left and right', (label, random) => {
      const pixels = new Uint8Array(32 * 32 * 3).fill(60);
      const [x0, y0] = [(label === 0 ? 2 : 18) + random.below(4), random.below(20)];
      for (let y = y0; y < y0 + 8; y++) {
        for (let x = x0; x < x0 + 8; x++) pixels.fill(220, (y * 32 + x) * 3, (y * 32 + x) * 3 + 3);
      }
      return { width: 32, height: 32, pixels };
    });
    // Variants are mirrored: they would show the thing in the other half.
    const changes: Partial<Recipe> = { augmentation: 1, places: [1, 2] };

    const result = await train(changes, halves);

    const { chosen, tried } = result.choices!;
    expect(chosen).toMatchObject({ features: 'map', places: 2 });
    const accuracies = (places: number) =>
      tried.filter((one) => one.places === places).map((one) => one.validationAccuracy);
    expect(Math.max(...accuracies(1))).toBeLessThan(0.8);
    expect(chosen.validationAccuracy).toBeGreaterThan(0.9);
  });

  it('is the resizing that shows what the classes differ by', async () => {
    /** Twice as wide as high; only the outer quarters, which `cover` cuts away, tell the classes apart. */
    const borders = await paint('borders', (label, random) => {
      const [width, height] = [64, 32];
      const pixels = Uint8Array.from({ length: width * height * 3 }, () => 110 + random.below(40));
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          if (x < 14 || x >= 50) pixels[(y * width + x) * 3 + (label === 0 ? 0 : 2)] = 250;
        }
      }
      return { width, height, pixels };
    });

    const result = await train({ augmentation: 1, resize: ['cover', 'stretch'] }, borders);

    const { chosen, tried } = result.choices!;
    expect(chosen.resize).toBe('stretch');
    expect(result.input).toEqual({ ...general.manifest.input, resize: { fit: 'stretch' } });
    const covered = tried.filter(({ resize }) => resize === 'cover');
    expect(Math.max(...covered.map((one) => one.validationAccuracy))).toBeLessThan(0.8);
    expect(await accuracyOf(result, borders)).toBeGreaterThan(0.9);
  });

  it('is decided by a part of many images, and trained on all of them', async () => {
    const changes: Partial<Recipe> = { places: [1, 2], regularisation: 0.1, augmentation: 3 };
    const options = { general, train: shapes.train, recipe: { ...recipe, ...changes }, threads: 1 };

    // Nine of the fifteen images, once each.
    const result = await trainTransfer({ ...options, rowsToChoose: 9 });

    result.unsure.rows.close();
    const { tried, chosen, variants, validationImages } = result.choices!;
    // Three views on the part, and the chosen one again on all.
    expect(tried).toHaveLength(4);
    expect(chosen).toEqual(tried.at(-1));
    const first = tried.slice(0, 3).find((one) => one.places === chosen.places)!;
    expect(first.features).toBe(chosen.features);
    expect(first.validationLoss).not.toBe(chosen.validationLoss);
    expect({ variants, validationImages }).toEqual({ variants: 3, validationImages: 15 });
    expect(result.unsure).toMatchObject({ images: { size: 15 }, rows: { rows: 45 } });
    expect(await accuracyOf(result, shapes.test)).toBeGreaterThan(0.9);
  });
});

describe('the number of variants', () => {
  it.each<[string, Partial<Recipe>, object]>([
    [
      'what the recipe asks for',
      { augmentation: 3 },
      { variants: 3, variantBudget: { limit: 'augmentation', asked: 3 } },
    ],
    [
      'what the rows allow',
      { augmentation: 9, maximumRows: 31 },
      { variants: 2, variantBudget: { limit: 'maximumRows', asked: 9 } },
    ],
    [
      'one where not even that fits',
      { maximumRows: 1 },
      { variants: 1, variantBudget: { limit: 'maximumRows' } },
    ],
    [
      'what the time allows',
      { augmentation: 200, maxSeconds: 1e-6 },
      { variants: 1, variantBudget: { limit: 'maxSeconds', seconds: 4e-7 } },
    ],
  ])('is %s', async (_what, changes, expected) => {
    const { choices } = await train({ regularisation: 1, ...changes });

    expect(choices).toMatchObject(expected);
    expect(choices!.variantBudget!.millisecondsPerVariant).toBeGreaterThan(0);
  });
});

describe('trainTransfer fails', () => {
  it('where the general model’s features are not the manifest’s, before it looks at the images', async () => {
    const features = general.manifest.features.map((one) => ({
      ...one,
      reference: one.reference.map((values) => values.map((value) => value * 1.1)),
    }));
    const other = { ...general, manifest: { ...general.manifest, features } };
    const none = { ...shapes.train, paths: shapes.train.paths.map((path) => `${path}.gone`) };

    await expect(trainTransfer({ general: other, train: none, recipe, threads: 1 })).rejects.toMatchObject({
      name: 'IntegrityViolation',
      message: expect.stringMatching(
        /features "map" of shapes 20261123T154200Z-3f2a9c .* differ on this machine/,
      ),
    });
  });

  it('naming an image that can no longer be read, and leaves no file behind', async () => {
    const bad = join(shapes.folder, 'bad.png');
    await writeFile(bad, 'no pixels');
    const paths = shapes.train.paths.with(11, bad);

    await expect(train({}, { ...shapes.train, paths })).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining(bad),
    });
    expect(await scratch()).toEqual([]);
  });

  it('with the reason of the signal', async () => {
    const controller = new AbortController();

    const training = train({}, shapes.train, {
      onPoint: () => controller.abort(new Error('asked to stop')),
      signal: controller.signal,
    });

    await expect(training).rejects.toThrow('asked to stop');
    expect(await scratch()).toEqual([]);
  });
});
