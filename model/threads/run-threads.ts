import type { Worker } from 'node:worker_threads';
import { startThread } from './start-thread.ts';
import type { ThreadTask } from './thread.ts';

/** How the parent and its threads talk. The first call of `done` gives the result. */
export interface Conversation<Message, Result> {
  /** Called once, with all threads. */
  begin?(threads: readonly Worker[], done: (result: Result) => void): void;
  receive(message: Message, thread: Worker, done: (result: Result) => void): void;
}

/**
 * Starts a thread for each task, and ends all of them when the conversation is done.
 *
 * @throws the signal's reason, a thread's error, or what the conversation throws; no thread is left running
 */
export async function runThreads<Message, Result>(
  tasks: readonly ThreadTask[],
  { begin, receive }: Conversation<Message, Result>,
  signal?: AbortSignal,
): Promise<Result> {
  signal?.throwIfAborted();
  const threads = tasks.map(startThread);
  let abort = () => {};
  try {
    return await new Promise<Result>((resolve, reject) => {
      abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      for (const thread of threads) {
        thread.once('error', reject);
        thread.once('exit', (code) => reject(new Error(`A thread ended with code ${code}`)));
        thread.on('message', (message: Message) => {
          try {
            receive(message, thread, resolve);
          } catch (error) {
            reject(error);
          }
        });
      }
      begin?.(threads, resolve);
    });
  } finally {
    signal?.removeEventListener('abort', abort);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}
