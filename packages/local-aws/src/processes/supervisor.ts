import { spawn } from 'node:child_process';
import type { Logger } from 'pino';
import type { Clock } from '../service.ts';
import { signalGroup } from './identity.ts';
import { eachLine } from './lines.ts';
import { createProcessRegister } from './register.ts';
import { createWatchdog } from './watchdog.ts';

/** Lines of output kept per process, for error messages. */
const TAIL_LINES = 50;

export type OutputStream = 'stdout' | 'stderr';

export interface ProcessSpec {
  /** For log lines and the register of processes. */
  name: string;
  /** Absolute path, or a name that is found on this process's own PATH. */
  command: string;
  args: readonly string[];
  /** The whole environment of the child: nothing is inherited. */
  env: Record<string, string>;
  cwd?: string;
  /** Called for every line of output, in order per stream, before `exited` settles. */
  onLine?(line: string, stream: OutputStream): void;
}

/** Exit code or signal of an ended process; `error` when it could not be started. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  error?: Error;
}

export interface ManagedProcess {
  readonly name: string;
  /** Undefined when the process could not be started. */
  readonly pid: number | undefined;
  /** Settles after the end of the process and of its output; never rejects. */
  readonly exited: Promise<Exit>;
  /** How it ended, undefined while it runs. */
  readonly exit: Exit | undefined;
  /** The last lines of its output, oldest first. */
  tail(): string[];
  /**
   * Sends SIGTERM to the process and its children, and SIGKILL after `graceMs` (0: SIGKILL at once). Settles
   * with its end.
   */
  stop(graceMs?: number): Promise<Exit>;
}

export interface Supervisor {
  start(spec: ProcessSpec): ManagedProcess;
  /** Processes that run now. */
  running(): ManagedProcess[];
  /** Stops all of them; the supervisor can be used again afterwards. */
  stopAll(graceMs?: number): Promise<void>;
}

export interface SupervisorOptions {
  /** Folder of the register. Children of an earlier run that are still recorded there are killed. */
  folder: string;
  log: Logger;
  /** Measures the grace of `stop`; real time by default. */
  clock?: Pick<Clock, 'after'>;
}

const realTime: Pick<Clock, 'after'> = {
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * Starts child processes, each in a process group of its own. None outlives this process: `stop` and
 * `stopAll` end them in the ordinary case, a watchdog when this process is killed, and the register at the
 * next start when the watchdog was killed too. Standard input stays open while this process lives, so that a
 * child can notice our end by itself.
 *
 * @example
 * const supervisor = createSupervisor({ folder: join(world.folder('mine'), 'processes'), log: world.log });
 * const job = supervisor.start({ name: 'job', command: 'node', args: ['train.mjs'], env: {} });
 * const { code } = await job.exited;
 */
export function createSupervisor({ folder, log, clock = realTime }: SupervisorOptions): Supervisor {
  const register = createProcessRegister(folder);
  for (const name of register.sweep()) log.warn({ name }, 'killed a process that an earlier run left behind');
  const watchdog = createWatchdog();
  const running = new Set<ManagedProcess>();

  function start(spec: ProcessSpec): ManagedProcess {
    const child = spawn(spec.command, spec.args, {
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      env: spec.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { pid } = child;
    if (pid !== undefined) {
      watchdog.started(pid);
      register.add(pid, spec.name);
    }
    child.stdin.on('error', () => {});

    const tail: string[] = [];
    for (const stream of ['stdout', 'stderr'] as const) {
      eachLine(child[stream], (line) => {
        tail.push(line);
        if (tail.length > TAIL_LINES) tail.shift();
        spec.onLine?.(line, stream);
      });
    }

    let exit: Exit | undefined;
    const exited = new Promise<Exit>((resolve) => {
      child.once('error', (error) => {
        if (pid !== undefined) return log.warn({ name: spec.name, err: error }, 'a child process reports');
        exit = { code: null, signal: null, error };
        running.delete(managed);
        resolve(exit);
      });
      // As in a container, the end of the first process ends its children. A grandchild that holds the pipes
      // would otherwise keep `close` from coming.
      child.once('exit', () => {
        if (pid !== undefined) signalGroup(pid, 'SIGKILL');
      });
      child.once('close', (code, signal) => {
        if (exit !== undefined) return;
        exit = { code, signal };
        running.delete(managed);
        if (pid !== undefined) {
          register.remove(pid);
          watchdog.exited(pid);
        }
        log.debug({ name: spec.name, pid, code, signal }, 'process ended');
        resolve(exit);
      });
    });

    async function stop(graceMs = 5_000): Promise<Exit> {
      if (pid === undefined || exit !== undefined) return exited;
      if (graceMs <= 0) {
        signalGroup(pid, 'SIGKILL');
        return exited;
      }
      signalGroup(pid, 'SIGTERM');
      const cancel = clock.after(graceMs, () => {
        if (exit === undefined) signalGroup(pid, 'SIGKILL');
      });
      const result = await exited;
      cancel();
      return result;
    }

    const managed: ManagedProcess = {
      name: spec.name,
      pid,
      exited,
      get exit() {
        return exit;
      },
      tail: () => [...tail],
      stop,
    };
    if (pid !== undefined) running.add(managed);
    log.debug({ name: spec.name, pid }, 'process started');
    return managed;
  }

  return {
    start,
    running: () => [...running],
    async stopAll(graceMs) {
      await Promise.all([...running].map((one) => one.stop(graceMs)));
      watchdog.close();
    },
  };
}
