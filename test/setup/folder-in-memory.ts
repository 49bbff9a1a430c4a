import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = /^graft-tests-(\d+)$/;
/** A container often has 64 MiB, and some tests write files of hundreds. */
const ENOUGH_BYTES = 4e9;

/**
 * A folder for what the tests of this process write, in memory: the local AWS flushes each change to disk,
 * and its tests would wait for that. It goes with the process; one of a process that was killed goes now.
 *
 * @param memory the file system's folder
 * @param runs whether programs in a folder can be started, as tests do
 * @returns undefined where the machine has no such file system with enough room, or it runs no programs
 */
export function folderInMemory(memory = '/dev/shm', runs = runsPrograms): string | undefined {
  try {
    for (const name of readdirSync(memory)) {
      const pid = NAME.exec(name)?.[1];
      if (pid !== undefined && !isRunning(Number(pid)))
        rmSync(join(memory, name), { recursive: true, force: true });
    }
    const { bavail, bsize } = statfsSync(memory);
    if (bavail * bsize < ENOUGH_BYTES) return undefined;
    const folder = join(memory, `graft-tests-${process.pid}`);
    mkdirSync(folder, { recursive: true });
    const remove = () => rmSync(folder, { recursive: true, force: true });
    process.once('exit', remove);
    if (runs(folder)) return folder;
    remove();
    return undefined;
  } catch {
    return undefined;
  }
}

/** Docker mounts `/dev/shm` so that nothing in it can be started. */
function runsPrograms(folder: string): boolean {
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  const { status } = spawnSync(program);
  rmSync(program);
  return status === 0;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
