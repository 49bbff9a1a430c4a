import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportNetwork } from '#model/keras/export-network.ts';
import { buildNetwork } from '#model/network/build-network.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { difference, expectSame, noise, randomiseWeights, runOnnx } from './compare.ts';

beforeAll(() => useBackend('wasm'));

const input = { height: 20, width: 12, channels: 3 } as const;
const OUTPUTS = { map: 'block2_activation', probabilities: 'classifier' };

function ourNetwork(): tfl.LayersModel {
  const model = buildNetwork({
    input,
    labelCount: 3,
    filters: [4, 6],
    seed: 1,
  });
  randomiseWeights(model);
  return model;
}

describe('a network of `graft train` as ONNX', () => {
  it('gives the same map and probabilities, whatever the layout of the input', async () => {
    const model = ourNetwork();
    const nhwc = noise(2 * 20 * 12 * 3);
    const images = tf.tensor4d(nhwc, [2, 20, 12, 3]);
    const nchw = tf.transpose(images, [0, 3, 1, 2]);
    const probabilities = model.predict(images) as tf.Tensor;
    let hidden: tf.Tensor = images;
    for (const layer of model.layers.slice(0, 8)) hidden = layer.apply(hidden) as tf.Tensor;
    const map = tf.transpose(hidden, [0, 3, 1, 2]);

    for (const [layout, data, dims] of [
      ['NCHW', nchw.dataSync() as Float32Array, nchw.shape],
      ['NHWC', nhwc, images.shape],
    ] as const) {
      const graph = await exportNetwork(model, { layout, outputs: OUTPUTS });
      expect(graph.graph!.input.map(({ name }) => name)).toEqual(['image']);
      const found = await runOnnx(graph, { data, dims });
      expect(Object.keys(found)).toEqual(['map', 'probabilities']);
      expect(found.map!.dims).toEqual([2, 6, 5, 3]);
      expect(difference(found.map!.data, map.dataSync() as Float32Array)).toBeLessThan(1e-5);
      expect(found.probabilities!.dims).toEqual([2, 3]);
      expect(difference(found.probabilities!.data, probabilities.dataSync() as Float32Array)).toBeLessThan(
        1e-5,
      );
    }
    model.dispose();
  });

  it('has the operations of the network alone: no copies, no changed orders', async () => {
    const model = ourNetwork();
    const { graph } = await exportNetwork(model, { outputs: OUTPUTS });
    const block = ['Conv', 'MaxPool', 'BatchNormalization', 'Relu'];
    expect(graph!.node.map(({ opType }) => opType)).toEqual([
      ...block,
      ...block,
      'Flatten',
      'Gemm',
      'Softmax',
    ]);
    model.dispose();
  });

  it('leaves out what the outputs do not need', async () => {
    const model = ourNetwork();
    const { graph } = await exportNetwork(model, { outputs: { map: 'block1_activation' } });
    expect(graph!.node).toHaveLength(4);
    expect(graph!.initializer.every(({ name }) => name.startsWith('block1'))).toBe(true);
    model.dispose();
  });

  it('gives the flattened map in the order of Keras where that is asked for', async () => {
    const model = ourNetwork();
    const graph = await exportNetwork(model, { outputs: { vector: 'features' } });
    const images = tf.tensor4d(noise(20 * 12 * 3), [1, 20, 12, 3]);
    let hidden: tf.Tensor = images;
    for (const layer of model.layers.slice(0, 9)) hidden = layer.apply(hidden) as tf.Tensor;
    const nchw = tf.transpose(images, [0, 3, 1, 2]);
    const { vector } = await runOnnx(graph, { dims: nchw.shape, data: nchw.dataSync() as Float32Array });
    expect(difference(vector!.data, hidden.dataSync() as Float32Array)).toBeLessThan(1e-5);
    model.dispose();
  });

  it('refuses an output of a layer that is not there', async () => {
    const model = ourNetwork();
    await expect(exportNetwork(model, { outputs: { map: 'block9' } })).rejects.toThrow(
      'there is no output of a layer "block9"',
    );
    model.dispose();
  });
});

describe('a model without names for its outputs', () => {
  it('has one output, `output`', async () => {
    const graph = await expectSame(ourNetwork());
    expect(graph.graph!.output.map(({ name }) => name)).toEqual(['output']);
  });
});
