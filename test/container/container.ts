import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ContainerRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `<image> train` or `<image> serve`: the bundle that the image has, where it is built, or the source. */
export function startContainer(
  program: 'train' | 'serve',
  root: string,
  environment: NodeJS.ProcessEnv = {},
) {
  const builds = process.env.GRAFT_TEST_BUILDS;
  const source = fileURLToPath(new URL(`../../container/${program}/${program}.ts`, import.meta.url));
  const args = builds ? [join(builds, 'container', `${program}.mjs`)] : ['--import', 'tsx', source];
  const child = spawn(process.execPath, args, {
    env: {
      PATH: process.env.PATH,
      GRAFT_OPT_ML: root,
      GRAFT_HOST: '127.0.0.1',
      GRAFT_PORT: '0',
      GRAFT_BACKEND: 'wasm',
      TRAINING_JOB_NAME: 'produce-job-1',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run: ContainerRun = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    run.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    run.stderr += chunk;
  });
  const done = new Promise<ContainerRun>((resolve) => {
    child.once('close', (code) => resolve({ ...run, code }));
  });
  /** Resolves when a line of either stream contains the text; rejects when the process ends before. */
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (`${run.stdout}\n${run.stderr}`.includes(text)) resolve();
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.once('close', () => reject(new Error(`ended without "${text}": ${run.stderr}`)));
      look();
    });
  return { child, done, says, run };
}
