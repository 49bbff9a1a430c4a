import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { Input } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';
import { startThread } from '../threads/start-thread.ts';
import {
  END,
  type InferenceResult,
  type InferenceTask,
  type InferenceThread,
  type ThreadAnswer,
} from './worker.ts';

/** Tasks that a thread has at once: while it computes, the next image is decoded. */
const AHEAD = 2;

/** A model that is loaded on several threads, which decode and infer images one by one. */
export interface InferencePool {
  readonly threads: number;
  /** The forms in which it takes images. */
  readonly inputs: readonly Input[];
  /** In the order of the results' values. */
  readonly outputNames: readonly string[];
  /** What computes, with its version: for instance "onnxruntime 1.30.0". */
  readonly runtime: string;
  /**
   * Resolves with the reason when a thread dies; all tasks fail from then on. Never resolves after `close`.
   */
  readonly failure: Promise<Error>;
  /**
   * The model's outputs for an image. Tasks beyond those that the threads work on wait in the order of calls.
   *
   * @param signal drops the task while it waits, and then throws its reason
   * @throws InvalidInputError when the image cannot be decoded
   */
  infer(task: InferenceTask, signal?: AbortSignal): Promise<InferenceResult>;
  /** Ends the threads. Tasks that are not done fail. */
  close(): Promise<void>;
}

export interface PoolOptions extends InferenceThread {
  /** One for each core when left out. */
  threads?: number;
}

type Ready = Extract<ThreadAnswer, { state: 'ready' }>;

interface Waiting {
  task: InferenceTask;
  resolve(result: InferenceResult): void;
  reject(error: unknown): void;
}

/**
 * Loads a model on threads: ONNX Runtime computes in the thread that calls it, so one thread uses one core.
 *
 * @throws Error when the model cannot be loaded
 */
export async function openPool({
  threads = availableParallelism(),
  ...model
}: PoolOptions): Promise<InferencePool> {
  const waiting = new Set<Waiting>();
  const running = new Map<number, Waiting>();
  const workers = Array.from({ length: threads }, () => ({
    thread: startThread({ work: 'inference', task: model }),
    busy: 0,
  }));
  let nextId = 0;
  let broken: Error | undefined;
  let report: (error: Error) => void = () => {};
  const failure = new Promise<Error>((resolve) => {
    report = resolve;
  });

  const end = (error: Error) => {
    broken ??= error;
    for (const { reject } of [...running.values(), ...waiting]) reject(broken);
    running.clear();
    waiting.clear();
  };

  const feed = () => {
    for (const next of waiting) {
      const worker = workers.reduce((a, b) => (b.busy < a.busy ? b : a));
      if (worker.busy >= AHEAD) return;
      waiting.delete(next);
      worker.busy++;
      running.set(nextId, next);
      worker.thread.postMessage({ id: nextId++, ...next.task });
    }
  };

  const receive = (answer: Exclude<ThreadAnswer, Ready>) => {
    const task = running.get(answer.id);
    running.delete(answer.id);
    if (answer.state === 'done') task?.resolve(answer.result);
    else if (answer.state === 'failed') task?.reject(answer.error);
    else {
      const hint = answer.hint === undefined ? {} : { hint: answer.hint };
      task?.reject(new InvalidInputError(answer.message, hint));
    }
  };

  const fail = (error: Error) => {
    if (!broken) report(error);
    end(error);
  };

  const close = async () => {
    end(new Error('The threads have been ended'));
    await Promise.all(workers.map(({ thread }) => endThread(thread)));
  };

  try {
    const [ready] = await Promise.all(workers.map(({ thread }) => whenReady(thread)));
    const { outputNames, runtime } = ready!;
    for (const worker of workers) {
      worker.thread.on('message', (answer: Exclude<ThreadAnswer, Ready>) => {
        worker.busy--;
        receive(answer);
        feed();
      });
      worker.thread.on('error', fail);
      worker.thread.on('exit', (code) => fail(new Error(`A thread ended with code ${code}`)));
    }
    return {
      threads,
      inputs: model.inputs,
      outputNames,
      runtime,
      failure,
      infer: (task, signal) =>
        new Promise((resolve, reject) => {
          signal?.throwIfAborted();
          if (broken) throw broken;
          const drop = () => {
            if (waiting.delete(entry)) reject(signal!.reason);
          };
          const entry: Waiting = {
            task,
            resolve(result) {
              signal?.removeEventListener('abort', drop);
              resolve(result);
            },
            reject(error) {
              signal?.removeEventListener('abort', drop);
              reject(error);
            },
          };
          signal?.addEventListener('abort', drop);
          waiting.add(entry);
          feed();
        }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Lets it end by itself, see `answerTasks`. */
function endThread(thread: Worker): Promise<void> {
  return new Promise((resolve) => {
    // There is no thread any more.
    if (thread.threadId === -1) return resolve();
    thread.once('exit', () => resolve());
    thread.postMessage(END);
  });
}

function whenReady(thread: Worker): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const exited = (code: number) => reject(new Error(`A thread ended with code ${code}`));
    thread.once('error', reject);
    thread.once('exit', exited);
    thread.once('message', (answer: ThreadAnswer) => {
      thread.off('error', reject);
      thread.off('exit', exited);
      if (answer.state === 'ready') resolve(answer);
      else reject(new Error('A thread answered before it was ready'));
    });
  });
}
