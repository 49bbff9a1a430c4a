import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import { augment, type ImageBatch } from '../data/augment.ts';
import { infer } from '../prediction/infer.ts';

export interface FeatureBatch extends ImageBatch {
  /** Row at which it begins. */
  start: number;
}

export interface FeatureResult {
  start: number;
  /** For each of the model's outputs rows × width values. */
  features: Float32Array[];
}

/** @param model prepared images → one or more outputs of shape [n, width] */
export function inferBatch(model: tfl.LayersModel, batch: FeatureBatch, input: Input): FeatureResult {
  const outputs = tf.tidy(() => infer(model, augment(batch, input)));
  // Copies: some backends hand out a view of their own memory, which cannot be sent to another thread.
  const features = outputs.map((output) => output.dataSync<'float32'>().slice());
  tf.dispose(outputs);
  return { start: batch.start, features };
}
