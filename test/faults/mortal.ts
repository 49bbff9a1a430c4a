import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RunResult } from './run.ts';
import type { Plan } from './schedule.ts';

const program = fileURLToPath(new URL('./mortal-process.ts', import.meta.url));

/**
 * Plays a plan in processes of their own, each of which is killed where the plan says so; the last one comes
 * to the end.
 */
export async function playMortal(plan: Plan, folder: string): Promise<RunResult> {
  for (let life = 0; ; life++) {
    const result = await live(plan, folder, life);
    if (result !== undefined) return result;
  }
}

/** @returns undefined when the process was killed */
function live(plan: Plan, folder: string, life: number): Promise<RunResult | undefined> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', program, folder, JSON.stringify(plan), String(life)],
    {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    },
  );
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  return new Promise((resolve, reject) => {
    let result: RunResult | undefined;
    child.on('message', (message) => {
      result = message as RunResult;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (result !== undefined) resolve(result);
      else if (signal === 'SIGKILL') resolve(undefined);
      else reject(new Error(`life ${life} of seed ${plan.seed} ended with ${signal ?? code}: ${errors}`));
    });
  });
}
