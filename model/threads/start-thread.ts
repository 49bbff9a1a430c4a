import { Worker } from 'node:worker_threads';
import type { ThreadTask } from './thread.ts';

/** Starts a thread. Without the parent's `execArgv`: what it loads is not meant for a thread. */
export const startThread = (task: ThreadTask): Worker =>
  new Worker(new URL('./thread.mjs', import.meta.url), { workerData: task, execArgv: [] });
