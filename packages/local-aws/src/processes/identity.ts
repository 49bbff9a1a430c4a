import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Start time in `/proc/<pid>/stat`, counted from the command's closing parenthesis: field 22 of the line
 * (proc(5)).
 */
const START_TIME_AFTER_COMMAND = 19;

/**
 * Distinguishes a process from a later one with the same pid: on Linux by boot id and start time in clock
 * ticks, elsewhere by the start time and command that `ps` prints. Undefined when there is no such process.
 */
export function processIdentity(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME_AFTER_COMMAND];
      return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${started}`;
    }
    const text = execFileSync('ps', ['-o', 'lstart=,command=', '-p', String(pid)], { encoding: 'utf8' });
    return text.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Signals a whole process group; false when it has no member left. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
