import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'vitest';
import type { ConvertOptions } from '#model/keras/convert.ts';
import { exportNetwork } from '#model/keras/export-network.ts';
import { toBytes } from '#model/onnx/build.ts';
import type { ModelProto } from '#model/onnx/proto/onnx_pb.js';
import { openSession, type Values } from '#model/onnx/session.ts';

/** Random numbers between −1 and 1, the same for the same seed. */
export function noise(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  });
}

/** Gives every weight of a model random values that neither vanish nor explode; variances are positive. */
export function randomiseWeights(model: tfl.LayersModel): void {
  const values = model.weights.map((weight, index) => {
    const { shape } = weight;
    const count = shape.reduce<number>((product, dim) => product * dim!, 1);
    const random = noise(count, index + 7);
    const spread = shape.length > 1 ? Math.sqrt(3 / (count / shape.at(-1)!)) : 0.3;
    const centre = /variance|gamma/.test(weight.originalName) ? 1 : 0;
    return tf.tensor(
      random.map((value) => centre + value * spread),
      shape as number[],
    );
  });
  model.setWeights(values);
  tf.dispose(values);
}

/** Runs a graph on two random images; its input has a fixed size apart from the first dimension. */
export async function runOnnx(model: ModelProto, inputs: Values): Promise<Record<string, Values>> {
  const session = await openSession(toBytes(model));
  try {
    return await session.run({ image: inputs });
  } finally {
    await session.close();
  }
}

/** The largest difference of two lists of numbers, relative to the largest of the second one. */
export function difference(found: Float32Array, expected: Float32Array): number {
  expect(found.length).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  return found.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at]!)), 0) / largest;
}

/**
 * Converts a model and compares what it gives for two random images with what TensorFlow.js gives.
 *
 * @returns the graph
 */
export async function expectSame(model: tfl.LayersModel, options: ConvertOptions = {}): Promise<ModelProto> {
  randomiseWeights(model);
  const [, height, width, channels] = model.inputs[0]!.shape as number[];
  const nhwc = noise(2 * height! * width! * channels!, 3);
  const images = tf.tensor4d(nhwc, [2, height!, width!, channels!]);
  const first = tf.transpose(images, [0, 3, 1, 2]);
  const expected = model.predict(images) as tf.Tensor;
  const ordered = expected.rank === 4 ? tf.transpose(expected, [0, 3, 1, 2]) : expected;
  const graph = await exportNetwork(model, options);
  const input =
    options.layout === 'NHWC'
      ? { dims: images.shape, data: nhwc }
      : { dims: first.shape, data: first.dataSync() as Float32Array };
  const outputs = Object.values(await runOnnx(graph, input));
  expect(outputs[0]!.dims).toEqual(ordered.shape);
  expect(difference(outputs[0]!.data, ordered.dataSync() as Float32Array)).toBeLessThan(1e-5);
  tf.dispose([images, first, expected, ordered]);
  model.dispose();
  return graph;
}

/** A functional model of one input of the shape [height, width, channels]. */
export function network(
  shape: number[],
  build: (input: tfl.SymbolicTensor) => tfl.SymbolicTensor,
): tfl.LayersModel {
  const input = tfl.input({ shape });
  return tfl.model({ inputs: input, outputs: build(input) });
}
