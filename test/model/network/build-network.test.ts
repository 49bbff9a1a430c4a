import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { InvalidInputError } from '#core/errors.ts';
import { buildNetwork, CUT_LAYER, filtersOf, sameArchitecture } from '#model/network/build-network.ts';
import { useBackend } from '#model/tensorflow/backend.ts';

const input = { height: 20, width: 16, channels: 3 } as const;

beforeAll(async () => {
  await useBackend('wasm');
});

describe('buildNetwork', () => {
  it('turns images into probabilities of the classes, with named features on the way', () => {
    const before = tf.memory().numTensors;
    const model = buildNetwork({ input, labelCount: 5, filters: [4, 8, 12], seed: 1 });
    const sums = tf.tidy(() => tf.sum(model.predict(tf.zeros([2, 20, 16, 3])) as tf.Tensor, 1).arraySync());
    expect(sums).toEqual([expect.closeTo(1), expect.closeTo(1)]);
    expect(model.getLayer(CUT_LAYER).outputShape).toEqual([null, 2 * 2 * 12]);
    expect(filtersOf(model)).toEqual([4, 8, 12]);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('starts from weights that the seed determines', () => {
    const weights = [1, 1, 2].map((seed) => {
      const model = buildNetwork({ input, labelCount: 3, filters: [4], seed });
      const values = model.getWeights()[0]!.arraySync();
      model.dispose();
      return values;
    });
    expect(weights[0]).toEqual(weights[1]);
    expect(weights[0]).not.toEqual(weights[2]);
  });

  it('refuses more blocks than the image can be halved', () => {
    expect(() => buildNetwork({ input, labelCount: 2, filters: [4, 4, 4, 4, 4], seed: 1 })).toThrow(
      InvalidInputError,
    );
  });
});

describe('sameArchitecture', () => {
  it('gives the same architecture for other classes, with weights of its own', () => {
    const general = buildNetwork({ input, labelCount: 5, filters: [4, 8], seed: 1 });
    const fresh = buildNetwork(sameArchitecture(general, 3, 9));
    expect(fresh.outputs[0]!.shape).toEqual([null, 3]);
    expect(fresh.inputs[0]!.shape).toEqual([null, 20, 16, 3]);
    expect(filtersOf(fresh)).toEqual([4, 8]);
    expect(fresh.getWeights()[0]!.arraySync()).not.toEqual(general.getWeights()[0]!.arraySync());
    general.dispose();
    fresh.dispose();
  });
});
