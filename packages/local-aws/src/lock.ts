import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BusyError } from './errors.ts';
import { isRunning } from './processes/is-running.ts';

/** Path that says which process answers. */
export const HEALTH = '/_local/health';

/** For so long after its lock a process may be starting and not answer yet. */
const STARTING = 30_000;

interface Lock {
  pid: number;
  /** When it was taken, in milliseconds since 1970. */
  since: number;
  /** Known once the port is open. */
  endpoint?: string;
}

/** A locked state folder. */
export interface StateLock {
  /** Writes into the lock where this process answers. */
  announce(endpoint: string): void;
  release(): void;
}

/**
 * Locks a state folder for this process. The lock of a killed process is taken over: its process has ended,
 * or its number now belongs to a program that does not answer at the lock's endpoint.
 *
 * @throws BusyError when another local AWS uses the folder
 */
export async function lockState(folder: string): Promise<StateLock> {
  const path = join(folder, 'lock');
  const lock: Lock = { pid: process.pid, since: Date.now() };
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, JSON.stringify(lock), { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 3) throw error;
    }
    const holder = readLock(path);
    if (holder !== undefined && (await holds(holder))) {
      const where = holder.endpoint === undefined ? '' : ` at ${holder.endpoint}`;
      throw new BusyError(`a local AWS (process ${holder.pid}) already runs on ${folder}${where}`, {
        hint: 'Use that one, stop it first, or choose another folder with --state.',
      });
    }
    rmSync(path, { force: true });
  }
  return {
    announce(endpoint) {
      lock.endpoint = endpoint;
      writeFileSync(path, JSON.stringify(lock));
    },
    release() {
      if (readLock(path)?.pid === process.pid) rmSync(path, { force: true });
    },
  };
}

function readLock(path: string): Lock | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Lock;
  } catch {
    return undefined;
  }
}

async function holds(holder: Lock): Promise<boolean> {
  if (!isRunning(holder.pid)) return false;
  if (holder.pid === process.pid) return true;
  if (holder.endpoint === undefined) return Date.now() - holder.since < STARTING;
  try {
    const response = await fetch(`${holder.endpoint}${HEALTH}`, { signal: AbortSignal.timeout(3000) });
    const health = (await response.json()) as { pid?: number };
    return health.pid === holder.pid;
  } catch {
    return false;
  }
}
