import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { InvalidInputError } from '#core/errors.ts';
import { buildNetwork, mapOf, networkOutputs } from '#model/network/build-network.ts';
import { filtersFor } from '#model/network/compact.ts';
import { useBackend } from '#model/tensorflow/backend.ts';

const input = { height: 20, width: 16 };

beforeAll(async () => {
  await useBackend('wasm');
});

describe('buildNetwork', () => {
  it('turns images into probabilities of the classes, with a named map on the way', () => {
    const before = tf.memory().numTensors;
    const model = buildNetwork({ input, labelCount: 5, filters: [4, 8, 12], seed: 1 });
    const sums = tf.tidy(() => tf.sum(model.predict(tf.zeros([2, 20, 16, 3])) as tf.Tensor, 1).arraySync());
    expect(sums).toEqual([expect.closeTo(1), expect.closeTo(1)]);
    const { map, probabilities } = networkOutputs(model);
    expect(model.getLayer(map).outputShape).toEqual([null, 2, 2, 12]);
    expect(model.getLayer(probabilities).outputShape).toEqual([null, 5]);
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

describe.each(['resnet-18', 'resnet-50', 'mobilenet-v2'] as const)('buildNetwork %s', (name) => {
  const build = (options: { size?: number; width?: number; seed?: number }) => {
    const { size = 32, width = 0.125, seed = 1 } = options;
    return buildNetwork({ name, width, input: { height: size, width: size }, labelCount: 3, seed });
  };

  it.each([
    [32, 4],
    [64, 8],
    [65, 3],
    [96, 3],
  ])('gives images of %i pixels a map of %i places a side', (size, places) => {
    const model = build({ size });
    expect(mapOf(model).places).toEqual({ rows: places, columns: places });
    model.dispose();
  });

  it('starts from weights that the seed determines, and has more of them the wider it is', () => {
    const [first, again, other, wide] = [{}, {}, { seed: 2 }, { width: 0.25 }].map((options) => {
      const model = build(options);
      const weights = model.getWeights().map((weight) => [...weight.dataSync()].slice(0, 9));
      const parameters = model.countParams();
      model.dispose();
      return { weights, parameters };
    });
    expect(again).toEqual(first);
    expect(other!.weights).not.toEqual(first!.weights);
    expect(wide!.parameters).toBeGreaterThan(first!.parameters);
  });

  it('refuses images of fewer than 32 pixels', () => {
    expect(() => build({ size: 31 })).toThrow(/takes images from 32 pixels on, not 31 × 31/);
  });
});

describe('filtersFor', () => {
  it('widens the filters, in multiples of four', () => {
    expect(filtersFor({ height: 32, width: 32 }, 0.3)).toEqual([4, 8, 20, 40]);
    expect(filtersFor({ height: 32, width: 32 }, 0.1)).toEqual([4, 4, 8, 12]);
  });

  it.each([
    [8, [16, 32], 2],
    [32, [16, 32, 64, 128], 2],
    [48, [16, 32, 64, 128], 3],
    [64, [16, 32, 64, 128, 128], 2],
    [96, [16, 32, 64, 128, 128], 3],
  ])(
    'gives images of %i pixels as many blocks as leave two or three places a side',
    (size, filters, places) => {
      const images = { height: size, width: size };

      expect(filtersFor(images)).toEqual(filters);
      const model = buildNetwork({ input: images, labelCount: 2, filters: filtersFor(images), seed: 1 });
      expect(model.getLayer(networkOutputs(model).map).outputShape).toEqual([
        ...[null, places, places],
        filters.at(-1),
      ]);
      model.dispose();
    },
  );
});
