import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A server under test. */
export interface Server {
  name: string;
  port: number;
  /** Resident memory of its own process, MiB, and the most that it has had. */
  memory(): { now: number; most: number };
  /** Seconds of processor time that it and its child processes have taken so far. */
  processorSeconds(): number;
  stop(): Promise<void>;
}

/** Linux counts processor time in hundredths of a second here. */
const TICKS_PER_SECOND = 100;

const REPOSITORY = join(import.meta.dirname, '..', '..');
const START_LIMIT_MS = 60_000;

/** `serve` of the container, from source, with the loader of this process. */
export const startServe = (folder: string, threads: number): Promise<Server> =>
  start('serve', (port) =>
    spawn(process.execPath, [...process.execArgv, join(REPOSITORY, 'container', 'serve', 'serve.ts')], {
      env: {
        PATH: process.env.PATH,
        GRAFT_OPT_ML: folder,
        GRAFT_HOST: '127.0.0.1',
        GRAFT_PORT: String(port),
        GRAFT_THREADS: String(threads),
        GRAFT_LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    }),
  );

export interface PeerOptions {
  name: string;
  workers: number;
  /** Of ONNX Runtime in each; 0 leaves their number to it. */
  threads: number;
}

/** The same model behind FastAPI and Python's onnxruntime. */
export const startPeer = (
  python: string,
  folder: string,
  { name, workers, threads }: PeerOptions,
): Promise<Server> =>
  start(name, (port) =>
    spawn(
      python,
      [
        join(REPOSITORY, 'bench', 'peers', 'serve_fastapi.py'),
        ...['--model', join(folder, 'model'), '--port', String(port)],
        ...['--workers', String(workers), '--threads', String(threads)],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    ),
  );

/** @throws Error with the last line of what it said, where it does not get ready */
async function start(name: string, run: (port: number) => ChildProcess): Promise<Server> {
  const port = await freePort();
  const child = run(port);
  let said = '';
  child.stderr!.on('data', (chunk) => {
    said += chunk;
  });
  child.on('error', (error) => {
    said += error.message;
  });
  const exited = once(child, 'close');
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  const until = Date.now() + START_LIMIT_MS;
  while (!(await isReady(port))) {
    if (child.exitCode !== null || child.pid === undefined || Date.now() > until) {
      if (child.pid !== undefined && child.exitCode === null) await stop();
      throw new Error(said.trim().split('\n').at(-1) || `${name} does not get ready`);
    }
    await setTimeout(50);
  }
  const memory = () => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const mebibytes = (field: string) =>
      Math.round(Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024);
    return { now: mebibytes('VmRSS'), most: mebibytes('VmHWM') };
  };
  return { name, port, memory, processorSeconds: () => processorSeconds(child.pid!), stop };
}

function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  // The 14th and 15th field of proc(5), of which the name took the first two.
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + processorSeconds(Number(child)), own);
}

const isReady = (port: number) =>
  fetch(`http://127.0.0.1:${port}/ping`).then(
    ({ ok }) => ok,
    () => false,
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
