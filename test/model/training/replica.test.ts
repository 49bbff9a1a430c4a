import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, expect, it } from 'vitest';
import { buildNetwork, type NetworkName } from '#model/network/build-network.ts';
import { networkInput } from '#model/network/input.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { createReplica } from '#model/training/replica.ts';
import { backendUnderTest } from '../backend-under-test.ts';

const input = networkInput(32);

beforeAll(() => useBackend(backendUnderTest));

it.each<[NetworkName, number]>([
  ['compact', 0.97],
  ['resnet-18', 0.9],
])('%s keeps %d of its running means in each step', async (name, momentum) => {
  const model = buildNetwork({ input, labelCount: 2, seed: 1, name, width: 0.25 });
  const replica = await createReplica(model);
  const learnt = new Float32Array(replica.size);
  const x = tf.randomNormal<tf.Rank.R4>([4, 32, 32, 3], 0, 1, 'float32', 1);
  const truth = { classIndices: tf.tensor1d([0, 1, 0, 1], 'int32') };
  const first = model.layers.find((layer) => layer.getClassName() === 'BatchNormalization')!;
  const [before] = statisticsOf(first);

  await replica.learn(() => ({ x: x.clone(), truth: { classIndices: truth.classIndices.clone() } }), learnt);
  const mean = learnt[model.trainableWeights.reduce((sum, weight) => sum + weight.read().size, 0)]!;
  replica.apply(learnt, { step: 0, learningRate: 0 });
  replica.finish();

  expect(before).toBe(0);
  expect(Math.abs(mean)).toBeGreaterThan(1e-4);
  expect(statisticsOf(first)[0]! / mean).toBeCloseTo(1 - momentum, 4);
  tf.dispose([x, truth.classIndices]);
  model.dispose();
});

/** Its running mean. */
const statisticsOf = (layer: tfl.layers.Layer) => layer.getWeights()[2]!.dataSync();
