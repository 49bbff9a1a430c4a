import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { DataSet } from '../data/data-set.ts';
import type { NetworkOptions } from '../network/build-network.ts';
import { runThreads } from '../threads/run-threads.ts';
import { allReduceBytes } from './all-reduce.ts';
import { CONTROL_WORDS, type StepProgress, type TrainingOutcome, type TrainingPlan } from './loop.ts';
import { createReplica } from './replica.ts';
import type { TrainedNetwork, TrainingMessage, TrainingTask } from './training-worker.ts';

export interface ThreadedTraining {
  plan: TrainingPlan;
  /** The threads start from `buildNetwork(network)`. */
  network: NetworkOptions;
  data: DataSet;
  /** Indices of the training images, in the order of `plan.classIndices`. */
  images: ArrayLike<number>;
}

/**
 * Trains a network on `plan.workers` threads beside this one, each with its own WebAssembly backend (which
 * uses one core only), on its part of every batch.
 *
 * @param model the same network, fresh; it takes the trained weights
 * @throws the signal's reason, or a thread's error; no thread is left running
 */
export async function trainOnThreads(
  model: tfl.LayersModel,
  { plan, network, data, images }: ThreadedTraining,
  { onStep, signal }: { onStep?: (progress: StepProgress) => void; signal?: AbortSignal | undefined },
): Promise<TrainingOutcome> {
  const values = createReplica(model).size + CONTROL_WORDS;
  const common: Omit<TrainingTask, 'rank'> = {
    plan,
    network,
    backend: tf.getBackend() === 'cpu' ? 'cpu' : 'wasm',
    pixels: sharedPixels(data, images),
    sums: new SharedArrayBuffer(allReduceBytes(plan.workers, values)),
  };
  const tasks = Array.from({ length: plan.workers }, (_, rank) => {
    return { work: 'training' as const, task: { ...common, rank } };
  });
  const { outcome, weights } = await runThreads<TrainingMessage, TrainedNetwork>(
    tasks,
    {
      receive(message, _thread, done) {
        if ('progress' in message) onStep?.(message.progress);
        else done(message);
      },
    },
    signal,
  );
  const tensors = model.weights.map((weight, i) => tf.tensor(weights[i]!, weight.shape as number[]));
  model.setWeights(tensors);
  tf.dispose(tensors);
  return outcome;
}

function sharedPixels(data: DataSet, images: ArrayLike<number>): SharedArrayBuffer {
  const { height, width } = data.input;
  const size = height * width * 3;
  const pixels = new SharedArrayBuffer(images.length * size);
  const all = new Uint8Array(pixels);
  for (let i = 0; i < images.length; i++) all.set(data.gather([images[i]!]), i * size);
  return pixels;
}
