import { mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

const NAME = /^graft-tests-(\d+)$/;
/** A container often has 64 MiB, and some tests write files of hundreds. */
const ENOUGH_BYTES = 4e9;

/**
 * A folder for what the tests of this process write, in memory: the local AWS flushes each change to disk,
 * and its tests would wait for that. It goes with the process; one of a process that was killed goes now.
 *
 * @param memory the file system's folder
 * @returns undefined where the machine has no such file system with enough room
 */
export function folderInMemory(memory = '/dev/shm'): string | undefined {
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
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    return folder;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
