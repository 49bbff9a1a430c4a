import { Worker } from 'node:worker_threads';
import type { NetworkOptions } from '../network/backbone.ts';
import type { StepProgress, TrainingOutcome, TrainingPlan } from './loop.ts';

/** Handed to every worker at its start. The buffers are shared, not copied. */
export interface WorkerTask {
  plan: TrainingPlan;
  network: NetworkOptions;
  backend: 'wasm' | 'cpu';
  rank: number;
  /** Pixels of all training images. */
  pixels: SharedArrayBuffer;
  /** See `createAddUp`. */
  meeting: SharedArrayBuffer;
}

export type WorkerMessage =
  | { type: 'progress'; progress: StepProgress }
  | { type: 'done'; outcome: TrainingOutcome; weights: Float32Array[] };

/**
 * Runs a plan on several threads, each with its own WebAssembly backend (which uses one core only), on its part of every batch.
 *
 * @returns what worker 0 says, and the trained network's weights in the order of `model.weights`
 * @throws the signal's reason, or a worker's error; no thread is left either way
 */
export async function trainInParallel(
  task: Omit<WorkerTask, 'rank'>,
  hooks: { onStep: (progress: StepProgress) => void; signal?: AbortSignal | undefined },
): Promise<{ outcome: TrainingOutcome; weights: Float32Array[] }> {
  const workers = Array.from({ length: task.plan.workers }, (_, rank) => startWorker({ ...task, rank }));
  let stop = () => {};
  try {
    return await new Promise((resolve, reject) => {
      stop = () => reject(hooks.signal?.reason);
      hooks.signal?.addEventListener('abort', stop, { once: true });
      if (hooks.signal?.aborted) stop();
      for (const worker of workers) {
        worker.once('error', reject);
        worker.once('exit', (code) => reject(new Error(`A training thread ended with code ${code}`)));
      }
      workers[0]!.on('message', (message: WorkerMessage) => {
        if (message.type === 'progress') hooks.onStep(message.progress);
        else resolve(message);
      });
    });
  } finally {
    hooks.signal?.removeEventListener('abort', stop);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Without the parent's options: what they load is not meant for a thread. */
const startWorker = (task: WorkerTask) =>
  new Worker(new URL('./training-thread.mjs', import.meta.url), { workerData: task, execArgv: [] });

/** Bytes that `createAddUp` needs for so many values. */
export function meetingBytes(workers: number, length: number): number {
  return Int32Array.BYTES_PER_ELEMENT + 2 * workers * length * Float32Array.BYTES_PER_ELEMENT;
}

/**
 * A place where workers add up their values. Each writes into its own slot, waits until all have, and sums the slots in the order
 * of ranks, so that all get exactly the same sums. There are two sets of slots by turns: nobody can write a slot again that
 * another one still reads.
 */
export function createAddUp(
  meeting: SharedArrayBuffer,
  workers: number,
  rank: number,
): (values: Float32Array) => void {
  const arrivals = new Int32Array(meeting, 0, 1);
  const slots = new Float32Array(meeting, Int32Array.BYTES_PER_ELEMENT);
  let round = 0;
  return (values) => {
    const length = values.length;
    const turn = (round % 2) * workers * length;
    slots.set(values, turn + rank * length);
    round++;
    const expected = round * workers;
    Atomics.add(arrivals, 0, 1);
    Atomics.notify(arrivals, 0);
    for (let seen = Atomics.load(arrivals, 0); seen < expected; seen = Atomics.load(arrivals, 0)) {
      Atomics.wait(arrivals, 0, seen);
    }
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let worker = 0; worker < workers; worker++) sum += slots[turn + worker * length + i]!;
      values[i] = sum;
    }
  };
}
