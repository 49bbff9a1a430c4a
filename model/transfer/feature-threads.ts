import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import { artifactsOf } from '../network/copy-model.ts';

/** Fewer rows than this pass the network before a second thread has started. */
const LEAST_ROWS = 4_000;
const MOST_THREADS = 8;
/** Batches that a thread has at once, so that it never waits for the next one. */
const AHEAD = 2;

/** Handed to every thread at its start. */
export interface FeatureTask {
  artifacts: tf.io.ModelArtifacts;
  input: Input;
}

export interface FeatureBatch {
  /** Row at which it begins. */
  start: number;
  /** Of each row's image. */
  pixels: Uint8Array;
  /** See `varyBatch`. */
  seeds: (string | undefined)[];
}

export interface FeatureResult {
  start: number;
  /** Values of each of the model's outputs. */
  features: Float32Array[];
}

/** Threads that are worth it for so many rows: WebAssembly computes on one core only, the other backends on all. */
export function featureThreads(rows: number): number {
  if (tf.getBackend() !== 'wasm' || rows < LEAST_ROWS) return 1;
  return Math.min(availableParallelism(), MOST_THREADS);
}

/**
 * Runs batches through a model on several threads, each with a WebAssembly backend and a copy of the model of its own. What comes out is the
 * same for any number of threads, because batches are.
 *
 * @param onResult called in no particular order
 * @throws the signal's reason, or a thread's error; no thread is left either way
 */
export async function inferOnThreads(
  model: tfl.LayersModel,
  input: Input,
  threads: number,
  batches: Iterator<FeatureBatch>,
  onResult: (result: FeatureResult) => void,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const task: FeatureTask = { artifacts: await artifactsOf(model), input };
  const workers = Array.from({ length: threads }, () => startThread(task));
  let stop = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      stop = () => reject(signal?.reason);
      signal?.addEventListener('abort', stop, { once: true });
      if (signal?.aborted) stop();
      let under = 0;
      const feed = (worker: Worker) => {
        const next = batches.next();
        if (next.done) return under === 0 ? resolve() : undefined;
        under++;
        worker.postMessage(next.value, [next.value.pixels.buffer as ArrayBuffer]);
      };
      for (const worker of workers) {
        worker.once('error', reject);
        worker.once('exit', (code) => reject(new Error(`A feature thread ended with code ${code}`)));
        worker.on('message', (result: FeatureResult) => {
          under--;
          try {
            onResult(result);
            feed(worker);
          } catch (error) {
            reject(error);
          }
        });
        for (let ahead = 0; ahead < AHEAD; ahead++) feed(worker);
      }
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Without the parent's options: what they load is not meant for a thread. */
const startThread = (task: FeatureTask) =>
  new Worker(new URL('./feature-thread.mjs', import.meta.url), { workerData: task, execArgv: [] });
