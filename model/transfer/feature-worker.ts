import { parentPort, workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { varyBatch } from '../data/vary-batch.ts';
import { infer } from '../prediction/infer.ts';
import { useBackend } from '../tensorflow/backend.ts';
import type { FeatureBatch, FeatureResult, FeatureTask } from './feature-threads.ts';

const { artifacts, input } = workerData as FeatureTask;
await useBackend('wasm');
const model = await tfl.loadLayersModel(tf.io.fromMemory(artifacts));

parentPort!.on('message', ({ start, pixels, seeds }: FeatureBatch) => {
  const { height, width, channels } = input;
  const outputs = tf.tidy(() => {
    const values = varyBatch(pixels, input, seeds);
    return infer(model, tf.tensor4d(values, [seeds.length, height, width, channels]));
  });
  const features = outputs.map((output) => output.dataSync<'float32'>().slice());
  tf.dispose(outputs);
  const result: FeatureResult = { start, features };
  parentPort!.postMessage(
    result,
    features.map(({ buffer }) => buffer as ArrayBuffer),
  );
});
