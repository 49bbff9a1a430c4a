import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import * as z from 'zod';
import { isRunning } from '#core/is-running.ts';

/** Who holds a lock. Process ids come again; with the moment of the start they do not. */
export const identitySchema = z.strictObject({
  pid: z.int().positive(),
  host: z.string(),
  /** Of this start of the machine, in ticks since; undefined where the system does not tell. */
  start: z.string().optional(),
  since: z.iso.datetime(),
});
export type Identity = z.output<typeof identitySchema>;

export function ownIdentity(now: Date): Identity {
  const start = startOf(process.pid);
  return {
    pid: process.pid,
    host: hostname(),
    ...(start === undefined ? {} : { start }),
    since: now.toISOString(),
  };
}

/**
 * Whether that process still runs. Nothing is known of another machine, so its processes count as running.
 */
export function isAlive({ pid, host, start }: Identity): boolean {
  if (host !== hostname()) return true;
  return isRunning(pid) && (start === undefined || start === startOf(pid));
}

/**
 * When a process started: the machine's boot and the ticks since (proc_pid_stat(5), field 22). Undefined
 * where there is no such process, or no `/proc`.
 */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return `${boot} ${fields[19]}`;
  } catch {
    return undefined;
  }
}
