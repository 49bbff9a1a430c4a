import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curvePointSchema } from '#core/contracts/evaluation.ts';
import { evaluate } from '#model/evaluation/evaluate.ts';
import { buildNetwork } from '#model/network/build-network.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { trainBaseline } from '#model/training/baseline.ts';
import { backendUnderTest } from '../backend-under-test.ts';
import { createShapesDomain, input, recipe, type ShapesDomain } from '../shapes-domain.ts';

let shapes: ShapesDomain;
beforeAll(async () => {
  await useBackend(backendUnderTest);
  shapes = await createShapesDomain();
});
afterAll(() => shapes.remove());

describe('trainBaseline', () => {
  it('learns from random weights with at least the steps asked for, and keeps their end', async () => {
    const { train, test, general } = shapes;
    const tensors = tf.memory().numTensors;
    const points: unknown[] = [];

    const result = await trainBaseline(
      { general, train, recipe, minimumSteps: 650 },
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
    const { general } = shapes;
    const one = await shapes.load('one of each', [1, 1, 1]);

    const { model, curve } = await trainBaseline({
      ...{ general, train: one, recipe, minimumSteps: 1 },
    });

    expect(curve.at(-1)!.validationAccuracy).toBeGreaterThan(0.9);
    model.dispose();
  });

  it('takes nothing but the architecture of the general model', async () => {
    const { train, general, probabilities } = shapes;
    const other = buildNetwork({ input, labelCount: 5, filters: [8, 16], seed: 99 });
    const options = { train, recipe: { ...recipe, augmentation: 2 }, minimumSteps: 1 };

    const first = await trainBaseline({ ...options, general });
    const second = await trainBaseline({ ...options, general: other });

    expect(await probabilities(second.model)).toEqual(await probabilities(first.model));
    for (const model of [first.model, second.model, other]) model.dispose();
  });

  it('stops with the reason of the signal and leaves no tensors behind', async () => {
    const { train, general } = shapes;
    const tensors = tf.memory().numTensors;
    const controller = new AbortController();

    const training = trainBaseline(
      { general, train, recipe, minimumSteps: 30 },
      { onPoint: () => controller.abort(new Error('asked to stop')), signal: controller.signal },
    );

    await expect(training).rejects.toThrow('asked to stop');
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
