import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { runThreads } from '../threads/run-threads.ts';
import type { FeatureTask } from './feature-worker.ts';
import type { FeatureBatch, FeatureResult } from './infer-batch.ts';

/** So few rows pass the network before a second thread has started. */
const LEAST_ROWS = 4_000;
const MOST_THREADS = 8;
/** Batches that a thread has at once, so that it never waits for the next one. */
const AHEAD = 2;

/**
 * Number of threads that is worth it for so many rows. WebAssembly computes on one core, the other backends
 * on all.
 */
export function featureThreads(rows: number): number {
  if (tf.getBackend() !== 'wasm' || rows < LEAST_ROWS) return 1;
  return Math.min(availableParallelism(), MOST_THREADS);
}

export interface ThreadedInference {
  task: FeatureTask;
  threads: number;
  batches: Iterator<FeatureBatch>;
  /** Called in no particular order. */
  onResult(result: FeatureResult): void;
  signal?: AbortSignal | undefined;
}

/**
 * Runs batches through a model on several threads, each with a WebAssembly backend and a copy of the model of
 * its own. The results are the same for any number of threads, because the batches are.
 *
 * @throws the signal's reason, or a thread's error; no thread is left running
 */
export async function inferOnThreads(options: ThreadedInference): Promise<void> {
  const { task, threads, batches, onResult, signal } = options;
  const tasks = Array.from({ length: threads }, () => ({ work: 'features' as const, task }));
  let unanswered = 0;
  const feed = (thread: Worker, done: () => void) => {
    const next = batches.next();
    if (next.done) return unanswered === 0 ? done() : undefined;
    unanswered++;
    thread.postMessage(next.value, [next.value.pixels.buffer as ArrayBuffer]);
  };
  await runThreads<FeatureResult, undefined>(
    tasks,
    {
      begin(workers, done) {
        for (const worker of workers) for (let i = 0; i < AHEAD; i++) feed(worker, () => done(undefined));
      },
      receive(result, worker, done) {
        unanswered--;
        onResult(result);
        feed(worker, () => done(undefined));
      },
    },
    signal,
  );
}
