import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Recipe } from '#core/contracts/domain.ts';
import { curvePointSchema } from '#core/contracts/evaluation.ts';
import { evaluate } from '#model/evaluation/evaluate.ts';
import { buildNetwork, CUT_LAYER } from '#model/network/build-network.ts';
import { loadModel, saveModel } from '#model/network/files.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { trainTransfer, transferStepsAtMost } from '#model/transfer/transfer.ts';
import { backendUnderTest } from '../backend-under-test.ts';
import { createShapesDomain, input, labels, recipe, type ShapesDomain } from '../shapes-domain.ts';

let shapes: ShapesDomain;
beforeAll(async () => {
  await useBackend(backendUnderTest);
  shapes = await createShapesDomain();
});
afterAll(() => shapes.remove());

describe('trainTransfer', () => {
  it('recognises unseen images of the domain, and its curve says how it got there', async () => {
    const { train, test, general } = shapes;
    const points: unknown[] = [];

    const result = await trainTransfer(
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
    const { train, general } = shapes;
    const before = general.getWeights().map((weight) => weight.dataSync().slice());
    const tensors = tf.memory().numTensors;

    const { model } = await trainTransfer({ general, cutLayer: CUT_LAYER, train, recipe });
    model.dispose();

    expect(tf.memory().numTensors).toBe(tensors);
    expect(general.getWeights().map((weight) => weight.dataSync())).toEqual(before);
  });

  it('does not need the general model any more once it is done', async () => {
    const { train, probabilities } = shapes;
    const copy = buildNetwork({ input, labelCount: 7, filters: [8, 16], seed: 3 });
    const { model } = await trainTransfer({ general: copy, cutLayer: CUT_LAYER, train, recipe });
    const before = await probabilities(model);

    copy.dispose();

    expect(await probabilities(model)).toEqual(before);
    model.dispose();
  });

  it('gives the same model for the same seed', async () => {
    const { train, general, probabilities } = shapes;
    const first = await trainTransfer({ general, cutLayer: CUT_LAYER, train, recipe });
    const second = await trainTransfer({ general, cutLayer: CUT_LAYER, train, recipe });
    const other = await trainTransfer({
      general,
      cutLayer: CUT_LAYER,
      train,
      recipe: { ...recipe, seed: 2 },
    });

    const [a, b, c] = await Promise.all([first, second, other].map(({ model }) => probabilities(model)));
    expect(b).toEqual(a);
    expect(c).not.toEqual(a);
    for (const { model } of [first, second, other]) model.dispose();
  });

  it('makes a plain model that reads back from disk with the same answers', async () => {
    const { folder, train, general, probabilities } = shapes;
    const { model } = await trainTransfer({ general, cutLayer: CUT_LAYER, train, recipe });
    await saveModel(model, join(folder, 'saved'));

    const saved = await loadModel(join(folder, 'saved'));

    expect(await probabilities(saved)).toEqual(await probabilities(model));
    model.dispose();
    saved.dispose();
  });

  it('pools a feature map to two by two places when it is cut there', async () => {
    const { train, test, general } = shapes;
    const { model } = await trainTransfer({ general, cutLayer: 'block1_activation', train, recipe });

    const head = model.layers.at(-1)!;
    expect(head.getWeights()[0]!.shape).toEqual([2 * 2 * 8, labels.length]);
    expect((await evaluate(model, test)).accuracy).toBeGreaterThan(0.9);
    model.dispose();
  });

  it('lets validation choose the cut layer, and says what it compared', async () => {
    const { train, general } = shapes;
    const cutLayers = ['block1_activation', CUT_LAYER];

    const { model, choices } = await trainTransfer({
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
    const { train, general, probabilities } = shapes;
    const plain = await trainTransfer({
      ...{
        general,
        cutLayer: CUT_LAYER,
        train,
        recipe: { ...recipe, regularisation: 1, calibration: false },
      },
    });
    const calibrated = await trainTransfer({
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
    const { train, test, general } = shapes;
    const { model, choices } = await trainTransfer({
      ...{ general, cutLayer: CUT_LAYER, train, recipe: { ...recipe, ...changes } },
    });

    expect((await evaluate(model, test)).accuracy).toBeGreaterThan(0.8);
    expect(choices!.folds).toBe(changes.folds ?? 5);
    expect(choices!.variants).toBe(changes.maximumRows ?? 4);
    model.dispose();
  });

  it('names a cut layer that is not there', async () => {
    const { train, general } = shapes;
    await expect(trainTransfer({ general, cutLayer: 'top', train, recipe })).rejects.toThrow(
      'no layer "top"',
    );
  });

  it.each([
    ['every class has a single image', 1],
    ['one class has', 3],
  ])('holds out variants where %s', async (name, others) => {
    const { general } = shapes;
    const poor = await shapes.load(name, [1, others, others]);
    const tensors = tf.memory().numTensors;

    const { model, curve, choices } = await trainTransfer({
      general,
      cutLayer: CUT_LAYER,
      train: poor,
      recipe,
    });

    for (const point of curve) curvePointSchema.parse(point);
    expect(choices!.validationImages).toBe(poor.size);
    expect((await evaluate(model, poor)).accuracy).toBeGreaterThan(0.6);
    model.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('stops with the reason of the signal and leaves no tensors behind', async () => {
    const { train, general } = shapes;
    const tensors = tf.memory().numTensors;
    const controller = new AbortController();

    const tuning = trainTransfer(
      { general, cutLayer: CUT_LAYER, train, recipe },
      { onPoint: () => controller.abort(new Error('asked to stop')), signal: controller.signal },
    );

    await expect(tuning).rejects.toThrow('asked to stop');
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
