import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RunResult } from './run.ts';

const program = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** What a worker says about a seed. */
type Answer = { seed: number; result: RunResult } | Broken;

/** A run that did not come to its end. */
export interface Broken {
  seed: number;
  error: string;
}

/**
 * Plays the runs of these seeds in several processes.
 *
 * @param tell called with each run as it ends, or breaks off, in no order
 * @throws Error when a worker itself ends
 */
export async function playAll(
  seeds: readonly number[],
  jobs: number,
  tell: (run: RunResult | Broken) => void,
): Promise<void> {
  const waiting = [...seeds];
  const workers = Array.from({ length: Math.min(jobs, seeds.length) }, () =>
    spawn(process.execPath, ['--import', 'tsx', program], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] }),
  );
  try {
    await Promise.all(workers.map((worker) => employ(worker, waiting, tell)));
  } finally {
    for (const worker of workers) if (worker.connected) worker.disconnect();
  }
}

/** Gives a worker one seed after the other until none is left. */
function employ(
  worker: ChildProcess,
  waiting: number[],
  tell: (run: RunResult | Broken) => void,
): Promise<void> {
  let errors = '';
  worker.stderr?.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-4_000);
  });
  return new Promise((resolve, reject) => {
    const next = () => {
      const seed = waiting.shift();
      if (seed === undefined) resolve();
      else worker.send(seed);
    };
    worker.on('message', (message) => {
      const answer = message as Answer;
      tell('error' in answer ? answer : answer.result);
      next();
    });
    worker.once('error', reject);
    worker.once('exit', (code, signal) =>
      reject(new Error(`A worker ended with ${signal ?? code}: ${errors}`)),
    );
    next();
  });
}
