import type { Clock } from '../service.ts';
import type { ManagedProcess } from './supervisor.ts';

export interface HealthOptions {
  /** True when the process is ready; an exception means "not yet". */
  check(): Promise<boolean>;
  clock: Clock;
  /** Pause between two checks. */
  intervalMs: number;
  /** Time until giving up. */
  timeoutMs: number;
}

/** `timeout` when the process still runs (the caller stops it), `exited` when it ended. */
export type Health = 'healthy' | 'timeout' | 'exited';

/** Checks a process repeatedly until it is ready, ends, or the time is up. */
export async function untilHealthy(process: ManagedProcess, options: HealthOptions): Promise<Health> {
  const { clock } = options;
  const deadline = clock.now() + options.timeoutMs;
  const ended = process.exited.then(() => 'exited' as const);
  for (;;) {
    const answer = await Promise.race([options.check().catch(() => false), ended]);
    if (answer === 'exited') return 'exited';
    if (answer) return 'healthy';
    if (clock.now() >= deadline) return 'timeout';
    const paused = new Promise<'paused'>((resolve) => {
      clock.after(options.intervalMs, () => resolve('paused'));
    });
    if ((await Promise.race([paused, ended])) === 'exited') return 'exited';
  }
}
