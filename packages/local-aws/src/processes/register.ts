import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity, signalGroup } from './identity.ts';

/**
 * Records running children in files `<pid>.json`, so that a start after a power cut or `kill -9` can end
 * them.
 */
export interface ProcessRegister {
  add(pid: number, name: string): void;
  remove(pid: number): void;
  /** Kills children of an earlier run whose pid and start time agree; returns their names. */
  sweep(): string[];
}

export function createProcessRegister(folder: string): ProcessRegister {
  mkdirSync(folder, { recursive: true });
  const file = (pid: number) => join(folder, `${pid}.json`);
  return {
    add(pid, name) {
      writeFileSync(file(pid), JSON.stringify({ name, identity: processIdentity(pid) }));
    },
    remove(pid) {
      rmSync(file(pid), { force: true });
    },
    sweep() {
      const killed: string[] = [];
      for (const entry of readdirSync(folder)) {
        const pid = Number(/^(\d+)\.json$/.exec(entry)?.[1]);
        if (!(pid > 1)) continue;
        const record = readRecord(file(pid));
        if (record?.identity !== undefined && record.identity === processIdentity(pid)) {
          if (signalGroup(pid, 'SIGKILL')) killed.push(record.name);
        }
        rmSync(file(pid), { force: true });
      }
      return killed;
    },
  };
}

/** Undefined for an incomplete file: the crash that left the child behind may have cut it short. */
function readRecord(path: string): { name: string; identity?: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
