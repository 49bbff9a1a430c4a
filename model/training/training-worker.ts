import type { MessagePort } from 'node:worker_threads';
import { GraftError } from '#core/errors.ts';
import { monotonicMs } from '#core/monotonic.ts';
import { buildNetwork, type NetworkOptions } from '../network/build-network.ts';
import { useBackend } from '../tensorflow/backend.ts';
import { createAllReduce } from './all-reduce.ts';
import { type Keeping, keepCheckpoints } from './keep-checkpoints.ts';
import {
  runTrainingLoop,
  type SavedState,
  type StepProgress,
  type TrainingOutcome,
  type TrainingPlan,
} from './loop.ts';
import { openWorkerData, type TrainingData } from './worker-data.ts';

/** Often enough for a progress bar. */
const MILLISECONDS_BETWEEN_REPORTS = 100;

/** What a thread that trains gets at its start. The buffers are shared, not copied. */
export interface TrainingTask {
  plan: TrainingPlan;
  network: NetworkOptions;
  backend: 'wasm' | 'cpu';
  /** 0…workers − 1. */
  rank: number;
  data: TrainingData;
  /** Memory of `createAllReduce`. */
  sums: SharedArrayBuffer;
  /** What an interrupted training saved. */
  from?: SavedState | undefined;
  /** Worker 0 saves checkpoints. */
  keeping?: Keeping | undefined;
  /** One number: not 0 when the training is to stop after its step. */
  stop: Int32Array;
}

export interface TrainedNetwork {
  outcome: TrainingOutcome;
  /** In the order of `model.weights`. */
  weights: Float32Array[];
}

/** Only worker 0 sends messages, except for failures. */
export type TrainingMessage =
  | { progress: StepProgress; isSaved: boolean }
  | { notice: string }
  | { failure: { name: string; message: string; hint: string | undefined } }
  | TrainedNetwork;

/** Trains one replica of a network on its part of every batch. */
export async function trainShare(task: TrainingTask, port: MessagePort): Promise<void> {
  const { plan, network, backend, rank, sums, stop } = task;
  const report = (message: TrainingMessage) => port.postMessage(message);
  const onNotice = (notice: string) => report({ notice });
  await useBackend(backend);
  const model = buildNetwork(network);
  const data = await openWorkerData(task.data, plan, { rank, onNotice });
  const keep = rank === 0 && task.keeping ? keepCheckpoints(task.keeping, onNotice) : undefined;
  let reportedAt = Number.NEGATIVE_INFINITY;
  try {
    const outcome = await runTrainingLoop(model, plan, {
      rank,
      ...{ batches: data.batches, validation: data.validation },
      allReduce: createAllReduce(sums, plan.workers, rank),
      from: task.from,
      onNotice: rank === 0 ? onNotice : undefined,
      isToStop: () => Atomics.load(stop, 0) !== 0,
      async onStep(progress, replica) {
        if (rank !== 0) return;
        const isSaved = (await keep?.(progress, replica)) ?? false;
        const now = monotonicMs();
        const isNews = isSaved || progress.validated !== undefined || progress.step >= progress.steps;
        if (!isNews && now - reportedAt < MILLISECONDS_BETWEEN_REPORTS) return;
        reportedAt = now;
        report({ progress, isSaved });
      },
    });
    if (rank === 0) {
      const weights = model.weights.map((weight) => weight.read().dataSync() as Float32Array);
      report({ outcome, weights });
    }
  } catch (error) {
    const { name, message } = error as Error;
    report({ failure: { name, message, hint: error instanceof GraftError ? error.hint : undefined } });
  }
  // The parent ends all threads when worker 0 is done: one that ended earlier would look like a failure.
  port.ref();
}
