import type { MessagePort } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import { useBackend } from '../tensorflow/backend.ts';
import { type FeatureBatch, inferBatch } from './infer-batch.ts';

/** What a thread that computes features gets at its start. */
export interface FeatureTask {
  artifacts: tf.io.ModelArtifacts;
  input: Input;
}

/** Answers each batch with its features, until the parent ends the thread. */
export async function inferBatches({ artifacts, input }: FeatureTask, port: MessagePort): Promise<void> {
  await useBackend('wasm');
  const model = await tfl.loadLayersModel(tf.io.fromMemory(artifacts));
  port.on('message', (batch: FeatureBatch) => {
    const result = inferBatch(model, batch, input);
    port.postMessage(
      result,
      result.features.map(({ buffer }) => buffer as ArrayBuffer),
    );
  });
}
