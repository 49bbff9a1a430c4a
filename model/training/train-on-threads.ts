import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { GraftError } from '#core/errors.ts';
import type { DataSet } from '../data/data-set.ts';
import { trainingImagesOf } from '../data/training-images.ts';
import type { NetworkOptions } from '../network/build-network.ts';
import { runThreads } from '../threads/run-threads.ts';
import { allReduceBytes } from './all-reduce.ts';
import type { Keeping } from './keep-checkpoints.ts';
import {
  controlWords,
  type SavedState,
  type StepProgress,
  type TrainingOutcome,
  type TrainingPlan,
} from './loop.ts';
import { createReplica } from './replica.ts';
import type { TrainedNetwork, TrainingMessage, TrainingTask } from './training-worker.ts';
import type { TrainingData } from './worker-data.ts';

export interface ThreadedTraining {
  plan: TrainingPlan;
  /** The threads start from `buildNetwork(network)`. */
  network: NetworkOptions;
  data: TrainingData;
  from?: SavedState | undefined;
  /** With it, the training is saved when the signal aborts. */
  keeping?: Keeping | undefined;
}

export interface ThreadHooks {
  onStep?: ((progress: StepProgress, isSaved: boolean) => void) | undefined;
  onNotice?: ((message: string) => void) | undefined;
  signal?: AbortSignal | undefined;
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
  { plan, network, data, from, keeping }: ThreadedTraining,
  { onStep, onNotice, signal }: ThreadHooks,
): Promise<TrainingOutcome> {
  const values = (await createReplica(model, plan.optimiser)).size + controlWords(plan.workers);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const common: Omit<TrainingTask, 'rank'> = {
    ...{ plan, network, data, from, keeping, stop },
    backend: tf.getBackend() === 'cpu' ? 'cpu' : 'wasm',
    sums: new SharedArrayBuffer(allReduceBytes(plan.workers, values)),
  };
  const tasks = Array.from({ length: plan.workers }, (_, rank) => {
    return { work: 'training' as const, task: { ...common, rank } };
  });
  const askToStop = () => Atomics.store(stop, 0, 1);
  if (keeping) {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', askToStop, { once: true });
  }
  try {
    const { outcome, weights } = await runThreads<TrainingMessage, TrainedNetwork>(
      tasks,
      {
        receive(message, _thread, done) {
          if ('progress' in message) onStep?.(message.progress, message.isSaved);
          else if ('notice' in message) onNotice?.(message.notice);
          else if ('failure' in message) throw errorOf(message.failure);
          else done(message);
        },
      },
      keeping ? undefined : signal,
    );
    if (outcome.isStopped) signal?.throwIfAborted();
    const tensors = model.weights.map((weight, i) => tf.tensor(weights[i]!, weight.shape as number[]));
    model.setWeights(tensors);
    tf.dispose(tensors);
    return outcome;
  } finally {
    signal?.removeEventListener('abort', askToStop);
  }
}

/**
 * Images of a data set in memory that all threads share.
 *
 * @param images in the order of the training's classes
 */
export function sharedData(data: DataSet, images: ArrayLike<number>): TrainingData {
  const all = Array.from(images);
  const { pixels } = trainingImagesOf({
    ...data,
    size: all.length,
    gather: (indices) => data.gather(Array.from(indices, (index) => all[index]!)),
  });
  return { pixels, images: Int32Array.from(all.keys()) };
}

const errorOf = ({ name, message, hint }: { name: string; message: string; hint: string | undefined }) =>
  hint === undefined ? Object.assign(new Error(message), { name }) : new GraftError(name, message, { hint });
