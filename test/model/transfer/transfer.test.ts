import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Input } from '#core/contracts/common.ts';
import { type Recipe, recipeSchema } from '#core/contracts/domain.ts';
import { curvePointSchema } from '#core/contracts/evaluation.ts';
import { type DataSet, loadDataSet } from '#model/data/data-set.ts';
import { evaluate } from '#model/evaluation/evaluate.ts';
import { measureLatency } from '#model/evaluation/latency.ts';
import { buildNetwork, CUT_LAYER } from '#model/network/backbone.ts';
import { loadModel, saveModel } from '#model/network/files.ts';
import { predictImage, predictPixels } from '#model/prediction/predict.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { trainBaseline } from '#model/training/baseline.ts';
import { fineTune, transferStepsAtMost } from '#model/transfer/transfer.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { backendUnderTest } from '../backend-under-test.ts';

const input: Input = { height: 16, width: 16, channels: 3, normalisation: { scale: 1 / 127.5, offset: -1 } };
const labels = ['red discs', 'green squares', 'blue crosses'];
const recipe: Recipe = recipeSchema.parse({ augmentation: 4, epochs: 10 });

let folder: string;
let train: DataSet;
let test: DataSet;
let general: tfl.LayersModel;

beforeAll(async () => {
  await useBackend(backendUnderTest);
  folder = await mkdtemp(join(tmpdir(), 'graft-transfer-'));
  await makeImageFolder(join(folder, 'train'), { labels, perLabel: 5, seed: 1 });
  await makeImageFolder(join(folder, 'test'), { labels, perLabel: 8, seed: 2 });
  train = await loadDataSet(join(folder, 'train'), input, { labels });
  test = await loadDataSet(join(folder, 'test'), input, { labels });
  general = buildNetwork({ input, classes: 7, filters: [8, 16], seed: 3 });
});
afterAll(async () => {
  general.dispose();
  await rm(folder, { recursive: true, force: true });
});

const probabilities = (model: tfl.LayersModel) =>
  predictPixels(model, test.gather(test.classes.map((_, i) => i)), test.size, input);

describe('fineTune', () => {
  it('recognises unseen images of the domain, and its curve says how it got there', async () => {
    const points: unknown[] = [];

    const result = await fineTune(
      { general, cutLayer: CUT_LAYER, train, recipe },
      { onPoint: (point) => points.push(point) },
    );

    const { accuracy } = await evaluate(result.model, test);
    expect(accuracy).toBeGreaterThan(0.9);
    expect(result.curve).toEqual(points);
    for (const point of result.curve) curvePointSchema.parse(point);
    const { chosen, tried } = result.choices!;
    const best = result.curve.find(({ step }) => step === result.bestStep)!;
    expect(best.validationAccuracy).toBe(chosen.validationAccuracy);
    expect(chosen.step).toBe(result.bestStep);
    const lowest = tried.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a));
    const goodEnough = lowest.validationLoss + lowest.standardError;
    expect(chosen.regularisation).toBe(
      Math.max(...tried.filter((one) => one.validationLoss <= goodEnough).map((one) => one.regularisation)),
    );
    expect(result.steps).toBeGreaterThan(result.curve.at(-1)!.step);
    expect(result.steps).toBeLessThanOrEqual(transferStepsAtMost(recipe));
    result.model.dispose();
  });

  it('leaves the general model as it was, and no tensors behind', async () => {
    const before = general.getWeights().map((weight) => weight.dataSync().slice());
    const tensors = tf.memory().numTensors;

    const { model } = await fineTune({ general, cutLayer: CUT_LAYER, train, recipe });
    model.dispose();

    expect(tf.memory().numTensors).toBe(tensors);
    expect(general.getWeights().map((weight) => weight.dataSync())).toEqual(before);
  });

  it('does not need the general model any more once it is done', async () => {
    const copy = buildNetwork({ input, classes: 7, filters: [8, 16], seed: 3 });
    const { model } = await fineTune({ general: copy, cutLayer: CUT_LAYER, train, recipe });
    const before = await probabilities(model);

    copy.dispose();

    expect(await probabilities(model)).toEqual(before);
    model.dispose();
  });

  it('gives the same model for the same seed', async () => {
    const first = await fineTune({ general, cutLayer: CUT_LAYER, train, recipe });
    const second = await fineTune({ general, cutLayer: CUT_LAYER, train, recipe });
    const other = await fineTune({ general, cutLayer: CUT_LAYER, train, recipe: { ...recipe, seed: 2 } });

    const [a, b, c] = await Promise.all([first, second, other].map(({ model }) => probabilities(model)));
    expect(b).toEqual(a);
    expect(c).not.toEqual(a);
    for (const { model } of [first, second, other]) model.dispose();
  });

  it('makes a plain model that reads back from disk with the same answers', async () => {
    const { model } = await fineTune({ general, cutLayer: CUT_LAYER, train, recipe });
    await saveModel(model, join(folder, 'saved'));

    const saved = await loadModel(join(folder, 'saved'));

    expect(await probabilities(saved)).toEqual(await probabilities(model));
    const [first] = await loadBytes();
    const latency = await measureLatency((image) => predictImage(saved, image, input), [first!], 3);
    expect(latency.p95).toBeGreaterThanOrEqual(latency.p50);
    model.dispose();
    saved.dispose();
  });

  it('pools a feature map to two by two places when it is cut there', async () => {
    const { model } = await fineTune({ general, cutLayer: 'block1_activation', train, recipe });

    const head = model.layers.at(-1)!;
    expect(head.getWeights()[0]!.shape).toEqual([2 * 2 * 8, labels.length]);
    expect((await evaluate(model, test)).accuracy).toBeGreaterThan(0.9);
    model.dispose();
  });

  it('lets validation choose the cut layer, and says what it compared', async () => {
    const cutLayers = ['block1_activation', CUT_LAYER];

    const { model, choices } = await fineTune({
      ...{ general, cutLayer: CUT_LAYER, train, recipe: { ...recipe, cutLayers, regularisation: [1, 0.1] } },
    });

    expect(choices).toMatchObject({ variants: 4, folds: 5, validationImages: 15 });
    expect(new Set(choices!.tried.map(({ cutLayer }) => cutLayer))).toEqual(new Set(cutLayers));
    const best = choices!.tried.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a));
    expect(choices!.chosen.cutLayer).toBe(best.cutLayer);
    const width = { block1_activation: 2 * 2 * 8, [CUT_LAYER]: 4 * 4 * 16 }[best.cutLayer]!;
    expect(model.layers.at(-1)!.getWeights()[0]!.shape).toEqual([width, labels.length]);
    model.dispose();
  });

  it('folds the temperature into the model, which leaves what it recognises as it is', async () => {
    const plain = await fineTune({
      ...{
        general,
        cutLayer: CUT_LAYER,
        train,
        recipe: { ...recipe, regularisation: 1, calibration: false },
      },
    });
    const calibrated = await fineTune({
      ...{ general, cutLayer: CUT_LAYER, train, recipe: { ...recipe, regularisation: 1 } },
    });

    expect(plain.calibration).toBeUndefined();
    const { temperature, validation } = calibrated.calibration!;
    expect(validation.after).toBeLessThan(validation.before);
    const [before, after] = await Promise.all([plain, calibrated].map(({ model }) => probabilities(model)));
    for (let at = 0; at < before!.length; at += labels.length) {
      const powers = before!.slice(at, at + labels.length).map((p) => p ** (1 / temperature));
      const sum = powers.reduce((all, power) => all + power, 0);
      for (const [label, power] of powers.entries()) expect(after![at + label]).toBeCloseTo(power / sum, 4);
    }
    for (const { model } of [plain, calibrated]) model.dispose();
  });

  it.each<[string, Partial<Recipe>]>([
    ['a single hold-out', { folds: 1, validationShare: 0.4 }],
    ['unweighted classes', { classWeights: 'none' }],
    ['no more rows than images', { maximumRows: 1 }],
  ])('recognises unseen images with %s', async (_what, changes) => {
    const { model, choices } = await fineTune({
      ...{ general, cutLayer: CUT_LAYER, train, recipe: { ...recipe, ...changes } },
    });

    expect((await evaluate(model, test)).accuracy).toBeGreaterThan(0.8);
    expect(choices!.folds).toBe(changes.folds ?? 5);
    expect(choices!.variants).toBe(changes.maximumRows ?? 4);
    model.dispose();
  });

  it('names a cut layer that is not there', async () => {
    await expect(fineTune({ general, cutLayer: 'top', train, recipe })).rejects.toThrow('no layer "top"');
  });

  it.each([
    ['every class has a single image', 1],
    ['one class has', 3],
  ])('holds out variants where %s', async (name, others) => {
    const root = join(folder, name);
    await makeImageFolder(root, { labels: labels.slice(0, 1), perLabel: 1 });
    await makeImageFolder(root, { labels: labels.slice(1), perLabel: others });
    const poor = await loadDataSet(root, input, { labels });
    const tensors = tf.memory().numTensors;

    const { model, curve, choices } = await fineTune({ general, cutLayer: CUT_LAYER, train: poor, recipe });

    for (const point of curve) curvePointSchema.parse(point);
    expect(choices!.validationImages).toBe(poor.size);
    expect((await evaluate(model, poor)).accuracy).toBeGreaterThan(0.6);
    model.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('stops with the reason of the signal and leaves no tensors behind', async () => {
    const tensors = tf.memory().numTensors;
    const controller = new AbortController();

    const tuning = fineTune(
      { general, cutLayer: CUT_LAYER, train, recipe },
      { onPoint: () => controller.abort(new Error('asked to stop')), signal: controller.signal },
    );

    await expect(tuning).rejects.toThrow('asked to stop');
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe('trainBaseline', () => {
  it('learns from random weights with at least the steps asked for, and keeps their end', async () => {
    const tensors = tf.memory().numTensors;
    const points: unknown[] = [];

    const result = await trainBaseline(
      { general, cutLayer: CUT_LAYER, train, recipe, minimumSteps: 650 },
      { onPoint: (point) => points.push(point) },
    );

    expect((await evaluate(result.model, test)).accuracy).toBeGreaterThan(0.9);
    expect(result).toMatchObject({ bestStep: 650, steps: 2 * 650, curve: points });
    expect(result.curve.at(-1)!.step).toBe(650);
    for (const point of result.curve) curvePointSchema.parse(point);
    expect(result.model.layers.map((layer) => layer.name)).toEqual(general.layers.map((layer) => layer.name));
    result.model.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('takes a single image of each class, and validates on variants of it', async () => {
    const root = join(folder, 'one of each');
    await makeImageFolder(root, { labels, perLabel: 1 });
    const one = await loadDataSet(root, input, { labels });

    const { model, curve } = await trainBaseline({
      ...{ general, cutLayer: CUT_LAYER, train: one, recipe, minimumSteps: 1 },
    });

    expect(curve.at(-1)!.validationAccuracy).toBeGreaterThan(0.9);
    model.dispose();
  });

  it('takes nothing but the architecture of the general model', async () => {
    const other = buildNetwork({ input, classes: 5, filters: [8, 16], seed: 99 });
    const options = { cutLayer: CUT_LAYER, train, recipe: { ...recipe, augmentation: 2 }, minimumSteps: 1 };

    const first = await trainBaseline({ ...options, general });
    const second = await trainBaseline({ ...options, general: other });

    expect(await probabilities(second.model)).toEqual(await probabilities(first.model));
    for (const model of [first.model, second.model, other]) model.dispose();
  });

  it('stops with the reason of the signal and leaves no tensors behind', async () => {
    const tensors = tf.memory().numTensors;
    const controller = new AbortController();

    const training = trainBaseline(
      { general, cutLayer: CUT_LAYER, train, recipe, minimumSteps: 30 },
      { onPoint: () => controller.abort(new Error('asked to stop')), signal: controller.signal },
    );

    await expect(training).rejects.toThrow('asked to stop');
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe('evaluate', () => {
  it('counts every image once, in the order of the data set', async () => {
    const tensors = tf.memory().numTensors;
    const model = constantModel([0.2, 0.5, 0.3]);

    const measured = await evaluate(model, test);

    expect(measured.accuracy).toBeCloseTo(1 / 3);
    expect(measured.recall).toEqual({ 'red discs': 0, 'green squares': 1, 'blue crosses': 0 });
    expect(measured.confusion).toEqual([
      [0, 8, 0],
      [0, 8, 0],
      [0, 8, 0],
    ]);
    expect(measured.rows.map(({ id }) => id)).toEqual(test.ids);
    expect(measured.rows[0]).toMatchObject({ truth: 'red discs', prediction: 'green squares' });
    expect(measured.rows[0]!.confidence).toBeCloseTo(0.5);
    expect(measured.interval.lower).toBeLessThan(1 / 3);
    expect(measured.interval.upper).toBeGreaterThan(1 / 3);
    model.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('refuses a model for another number of labels', async () => {
    await expect(evaluate(general, test)).rejects.toThrow('7 outputs for 3 labels');
  });
});

describe('measureLatency', () => {
  it('reports median and 95th percentile of single predictions, warming up left out', async () => {
    const asked: unknown[] = [];
    const images = [Uint8Array.of(1), Uint8Array.of(2)];
    // Two readings for each prediction: five that warm up take 100 ms, the others 1, 2, … 20 ms.
    let readings = 0;
    const clock = () => {
      const prediction = Math.floor(readings / 2) - 5;
      return readings++ % 2 === 0 ? 0 : prediction < 0 ? 100 : prediction + 1;
    };

    const latency = await measureLatency(async (image) => asked.push(image), images, 20, clock);

    expect(latency).toEqual({ p50: 10, p95: 19 });
    expect(asked).toHaveLength(25);
    expect(asked.slice(0, 3)).toEqual([images[0], images[1], images[0]]);
  });
});

/** Always the same probabilities. */
function constantModel(shares: number[]): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [16, 16, 3] }),
      tfl.layers.dense({ units: shares.length, activation: 'softmax' }),
    ],
  });
  tf.tidy(() =>
    model.setWeights([tf.zeros([16 * 16 * 3, shares.length]), tf.log(tf.tensor1d(shares)) as tf.Tensor]),
  );
  return model;
}

async function loadBytes(): Promise<Uint8Array[]> {
  return Promise.all(test.ids.map((id) => readFile(join(folder, 'test', id))));
}
