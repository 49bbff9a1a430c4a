import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '#model/evaluation/evaluate.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { backendUnderTest } from '../backend-under-test.ts';
import { constantModel, createShapesDomain, type ShapesDomain } from '../shapes-domain.ts';

let shapes: ShapesDomain;
beforeAll(async () => {
  await useBackend(backendUnderTest);
  shapes = await createShapesDomain();
});
afterAll(() => shapes.remove());

describe('evaluate', () => {
  it('counts every image once, in the order of the data set', async () => {
    const { test } = shapes;
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
    const { test, general } = shapes;
    await expect(evaluate(general, test)).rejects.toThrow('7 outputs for 3 labels');
  });
});
