import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { DataSet } from '../data/data-set.ts';
import type { NetworkOptions } from '../network/backbone.ts';
import { CONTROL_WORDS, type StepProgress, type TrainingOutcome, type TrainingPlan } from './loop.ts';
import { meetingBytes, trainInParallel } from './parallel-training.ts';
import { createReplica } from './replica.ts';

/**
 * Trains a network by a plan on `plan.workers` threads beside this one.
 *
 * @param network the threads start from `buildNetwork(network)`
 * @param model the same network, fresh; it takes the trained weights
 * @param images indices of the training images, in the order of `plan.classes`
 * @throws the signal's reason
 */
export async function trainOnThreads(
  network: NetworkOptions,
  model: tfl.LayersModel,
  plan: TrainingPlan,
  data: DataSet,
  images: ArrayLike<number>,
  hooks: { onStep?: (progress: StepProgress) => void; signal?: AbortSignal | undefined },
): Promise<TrainingOutcome> {
  const { outcome, weights } = await trainInParallel(
    {
      plan,
      network,
      backend: tf.getBackend() === 'cpu' ? 'cpu' : 'wasm',
      pixels: sharedPixels(data, images),
      meeting: new SharedArrayBuffer(meetingBytes(plan.workers, createReplica(model).size + CONTROL_WORDS)),
    },
    { onStep: () => {}, ...hooks },
  );
  const tensors = model.weights.map((weight, i) => tf.tensor(weights[i]!, weight.shape as number[]));
  model.setWeights(tensors);
  tf.dispose(tensors);
  return outcome;
}

function sharedPixels(data: DataSet, images: ArrayLike<number>): SharedArrayBuffer {
  const { height, width, channels } = data.input;
  const size = height * width * channels;
  const pixels = new SharedArrayBuffer(images.length * size);
  const all = new Uint8Array(pixels);
  for (let i = 0; i < images.length; i++) all.set(data.gather([images[i]!]), i * size);
  return pixels;
}
