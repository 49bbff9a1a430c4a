import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { featuresSchema, REFERENCE_IMAGES } from '#core/contracts/manifest.ts';
import { prepare, shapeOf } from '#model/data/prepare.ts';
import { referenceImages } from '#model/inference/reference-images.ts';
import { buildNetwork } from '#model/network/build-network.ts';
import { filtersFor } from '#model/network/compact.ts';
import { finishNetwork } from '#model/network/finish-network.ts';
import { networkInput, trainingInput } from '#model/network/input.ts';
import { openSession } from '#model/onnx/session.ts';
import { useBackend } from '#model/tensorflow/backend.ts';

beforeAll(() => useBackend('wasm'));

const labels = ['a', 'b', 'c'];

/** A network whose batch normalisations do something, as after a training. */
function trainedNetwork(size: number) {
  const network = buildNetwork({
    input: { height: size, width: size },
    labelCount: 3,
    filters: filtersFor({ height: size, width: size }),
    seed: 1,
  });
  for (const layer of network.layers) {
    if (layer.getClassName() !== 'BatchNormalization') continue;
    const [gamma] = layer.getWeights();
    const drawn = [1, 2, 3, 4].map((seed) => tf.randomUniform(gamma!.shape, 0.5, 1.5, 'float32', seed));
    layer.setWeights(drawn);
    tf.dispose(drawn);
  }
  return network;
}

it.each([16, 32, 64])('a network of %i pixels gives the same as a graph', async (size) => {
  const network = trainedNetwork(size);
  const input = networkInput(size);
  const [, , pixels] = referenceImages(input);

  const { bytes, features, classifier, parameters } = await finishNetwork(network, input, labels);

  const x = tf.tensor4d(prepare(pixels!, trainingInput(input)), [1, size, size, 3]);
  const expected = (network.predict(x) as tf.Tensor).dataSync();
  const session = await openSession(bytes);
  const prepared = { dims: shapeOf(input, 1), data: prepare(pixels!, input) };
  const { probabilities, map } = await session.run({ image: prepared });
  await session.close();
  for (const [i, value] of probabilities!.data.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  expect(classifier).toEqual({ name: 'probabilities', labels });
  const [{ name, width, places, reference }] = features.map((each) => featuresSchema.parse(each)) as [
    (typeof features)[0],
  ];
  expect([name, ...map!.dims]).toEqual(['map', 1, width, places!.rows, places!.columns]);
  expect(reference).toHaveLength(REFERENCE_IMAGES);
  expect(parameters).toBe(network.countParams());
  tf.dispose([x]);
  network.dispose();
});

it('a network that gives no numbers is refused', async () => {
  const network = trainedNetwork(16);
  const [kernel, ...others] = network.getWeights();
  network.setWeights([tf.fill(kernel!.shape, Number.NaN), ...others]);

  await expect(finishNetwork(network, networkInput(16), labels)).rejects.toThrow(/not all numbers/);
  network.dispose();
});
