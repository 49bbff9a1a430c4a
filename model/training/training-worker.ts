import type { MessagePort } from 'node:worker_threads';
import { monotonicMs } from '#core/monotonic.ts';
import { buildNetwork, type NetworkOptions } from '../network/build-network.ts';
import { useBackend } from '../tensorflow/backend.ts';
import { createAllReduce } from './all-reduce.ts';
import { batchesFromPixels } from './batch-source.ts';
import { runTrainingLoop, type StepProgress, type TrainingOutcome, type TrainingPlan } from './loop.ts';

/** Often enough for a progress bar. */
const MILLISECONDS_BETWEEN_REPORTS = 100;

/** What a thread that trains gets at its start. The buffers are shared, not copied. */
export interface TrainingTask {
  plan: TrainingPlan;
  network: NetworkOptions;
  backend: 'wasm' | 'cpu';
  /** 0…workers − 1. */
  rank: number;
  /** Pixels of all training images. */
  pixels: SharedArrayBuffer;
  /** Memory of `createAllReduce`. */
  sums: SharedArrayBuffer;
}

export interface TrainedNetwork {
  outcome: TrainingOutcome;
  /** In the order of `model.weights`. */
  weights: Float32Array[];
}

/** Only worker 0 sends messages. */
export type TrainingMessage = { progress: StepProgress } | TrainedNetwork;

/** Trains one replica of a network on its part of every batch. */
export async function trainShare(task: TrainingTask, port: MessagePort): Promise<void> {
  const { plan, network, backend, rank, sums } = task;
  await useBackend(backend);
  const model = buildNetwork(network);
  const report = (message: TrainingMessage) => port.postMessage(message);
  let reportedAt = Number.NEGATIVE_INFINITY;
  const outcome = await runTrainingLoop(model, plan, {
    rank,
    batches: batchesFromPixels(plan, rank, gatherFrom(task)),
    allReduce: createAllReduce(sums, plan.workers, rank),
    onStep(progress) {
      const now = monotonicMs();
      if (rank !== 0 || now - reportedAt < MILLISECONDS_BETWEEN_REPORTS) return;
      reportedAt = now;
      report({ progress });
    },
  });
  if (rank === 0) {
    const weights = model.weights.map((weight) => weight.read().dataSync() as Float32Array);
    report({ outcome, weights });
  }
  // The parent ends all threads when worker 0 is done: one that ended earlier would look like a failure.
  port.ref();
}

function gatherFrom({ pixels, plan: { input } }: TrainingTask): (indices: ArrayLike<number>) => Uint8Array {
  const all = new Uint8Array(pixels);
  const size = input.height * input.width * 3;
  return (indices) => {
    const chosen = new Uint8Array(indices.length * size);
    for (let i = 0; i < indices.length; i++) {
      chosen.set(all.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
    }
    return chosen;
  };
}
