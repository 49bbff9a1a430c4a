import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNVARIED } from '#model/data/variants.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { validate } from '#model/training/validate.ts';
import { backendUnderTest } from '../backend-under-test.ts';
import { createShapesDomain, type ShapesDomain } from '../shapes-domain.ts';

let shapes: ShapesDomain;
beforeAll(async () => {
  await useBackend(backendUnderTest);
  shapes = await createShapesDomain();
});
afterAll(() => shapes.remove());

/** A model that gives the same probabilities for every image. */
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

describe('validate', () => {
  it('gives accuracy and mean cross-entropy of the images that were asked for', async () => {
    const model = constantModel([0.2, 0.5, 0.3]);
    const tensors = tf.memory().numTensors;
    // Eight images of each class, in their order.
    const rows = Int32Array.of(0, 8, 9, 16);

    const measured = await validate(model, { data: shapes.test, variants: UNVARIED, rows });

    expect(measured.validationAccuracy).toBe(0.5);
    const losses = [0.2, 0.5, 0.5, 0.3].map((probability) => -Math.log(probability));
    expect(measured.validationLoss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss) / 4, 5);
    expect(tf.memory().numTensors).toBe(tensors);
    model.dispose();
  });

  it('takes a row for a variant of its image', async () => {
    const model = constantModel([0.2, 0.5, 0.3]);
    const variants = { perImage: 4, seed: 1 };
    const rows = Int32Array.of(8 * 4, 8 * 4 + 3, 15 * 4 + 1);

    const { validationAccuracy } = await validate(model, { data: shapes.test, variants, rows });

    expect(validationAccuracy).toBe(1);
    model.dispose();
  });

  it('stops with the reason of the signal and leaves no tensors behind', async () => {
    const model = constantModel([0.2, 0.5, 0.3]);
    const tensors = tf.memory().numTensors;
    const set = { data: shapes.test, variants: UNVARIED, rows: Int32Array.of(0) };

    const measuring = validate(model, set, AbortSignal.abort(new Error('asked to stop')));

    await expect(measuring).rejects.toThrow('asked to stop');
    expect(tf.memory().numTensors).toBe(tensors);
    model.dispose();
  });
});
