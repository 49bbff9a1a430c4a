import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curvePointSchema } from '#core/contracts/evaluation.ts';
import type { DataSet } from '#model/data/data-set.ts';
import { prepare, shapeOf } from '#model/data/prepare.ts';
import { UNVARIED } from '#model/data/variants.ts';
import { exportNetwork } from '#model/keras/export-network.ts';
import { mapOf, networkOutputs } from '#model/network/build-network.ts';
import { toBytes } from '#model/onnx/build.ts';
import { openSession } from '#model/onnx/session.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { trainBaseline } from '#model/training/baseline.ts';
import { validate } from '#model/training/validate.ts';
import { backendUnderTest } from '../backend-under-test.ts';
import { createShapesDomain, input, recipe, type ShapesDomain } from '../shapes-domain.ts';

let shapes: ShapesDomain;
beforeAll(async () => {
  await useBackend(backendUnderTest);
  shapes = await createShapesDomain();
});
afterAll(() => shapes.remove());

/** Of the standard graph that a network becomes. */
async function accuracyAsGraph(model: LayersModel, { size, gather, classIndices }: DataSet): Promise<number> {
  const session = await openSession(toBytes(await exportNetwork(model, { outputs: networkOutputs(model) })));
  const pixels = gather(classIndices.map((_, image) => image));
  const image = { dims: shapeOf(input, size), data: prepare(pixels, input) };
  const { map, probabilities } = await session.run({ image });
  await session.close();
  expect(map!.dims).toEqual([size, 64, 2, 2]);
  const right = classIndices.filter((truth, i) => {
    const own = probabilities!.data.subarray(i * 3, i * 3 + 3);
    return own.indexOf(Math.max(...own)) === truth;
  });
  return right.length / size;
}

// Native TensorFlow beside another test file takes a minute.
describe('trainBaseline', { timeout: 240_000 }, () => {
  it('learns from random weights, and keeps the end of its steps', async () => {
    const { train, test } = shapes;
    const tensors = tf.memory().numTensors;
    const points: unknown[] = [];

    const result = await trainBaseline({ train, recipe }, { onPoint: (point) => points.push(point) });

    const rows = test.classIndices.map((_, image) => image);
    const { validationAccuracy } = await validate(result.model, { data: test, variants: UNVARIED, rows });
    expect(validationAccuracy).toBeGreaterThan(0.9);
    expect(await accuracyAsGraph(result.model, test)).toBe(validationAccuracy);
    expect(result).toMatchObject({ bestStep: 600, steps: 2 * 600, curve: points });
    expect(result.curve.at(-1)!.step).toBe(600);
    for (const point of result.curve) curvePointSchema.parse(point);
    expect(mapOf(result.model)).toMatchObject({ width: 64 });
    result.model.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('takes a single image of each class, and validates on variants of it', async () => {
    const one = await shapes.load('one of each', [1, 1, 1]);

    const { model, curve } = await trainBaseline({ train: one, recipe: { ...recipe, baselineSteps: 200 } });

    expect(curve.at(-1)!.validationAccuracy).toBeGreaterThan(0.9);
    model.dispose();
  });

  it('stops with the reason of the signal and leaves no tensors behind', async () => {
    const { train } = shapes;
    const tensors = tf.memory().numTensors;
    const controller = new AbortController();

    const training = trainBaseline(
      { train, recipe },
      { onPoint: () => controller.abort(new Error('asked to stop')), signal: controller.signal },
    );

    await expect(training).rejects.toThrow('asked to stop');
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
