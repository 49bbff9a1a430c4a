import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BackendInstallError } from '../../cli/errors.ts';

/** How many lines of a failed program's output its error shows. */
const LINES_TO_SHOW = 12;

export interface Program {
  command: string;
  args: readonly string[];
  folder: string;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Each line of both outputs, as it comes. */
  onLine?: (line: string) => void;
  /** What a person can do if it fails. */
  hint: string;
}

/**
 * Runs a program to its end. When the signal aborts, it is killed together with all that it has started.
 *
 * @returns its standard output
 * @throws BackendInstallError with the last lines of its output
 * @throws the signal's reason
 */
export async function runProgram(program: Program): Promise<string> {
  const { command, args, folder, environment, signal } = program;
  signal.throwIfAborted();
  // Its own process group: a compiler's children end with it, and Ctrl-C reaches this process first.
  const child = spawn(command, args, {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const kill = () => {
    if (child.pid === undefined || child.exitCode !== null) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The process has ended by itself.
    }
  };
  signal.addEventListener('abort', kill, { once: true });
  const lines: string[] = [];
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      program.onLine?.(line);
      lines.push(line);
      if (lines.length > LINES_TO_SHOW) lines.shift();
    });
  }
  try {
    const end = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, killedBy) => resolve(code ?? killedBy));
    }).catch((cause: unknown) => {
      throw new BackendInstallError(`"${command}" cannot be run`, { cause, hint: program.hint });
    });
    signal.throwIfAborted();
    if (end === 0) return output;
    const shown = lines.map((line) => `  ${line}`).join('\n');
    const how = typeof end === 'number' ? `failed with exit code ${end}` : `was ended by ${end}`;
    throw new BackendInstallError(`"${command}" ${how}${shown === '' ? '' : `:\n${shown}`}`, {
      hint: program.hint,
    });
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
