import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The last line that a command wrote with `--json`, and its exit code. */
export interface CommandEnd {
  code: number;
  last: { message?: string; hint?: string; [field: string]: unknown };
}

/** Milliseconds that a command has to end after it was told to. */
const END_MS = 10_000;

/**
 * Runs a command of this same program in a process of its own: decoding images takes memory that the service
 * should not keep.
 */
export function runGraft(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const program = [...process.execArgv, process.argv[1]!, ...words, '--json'];
    const child = spawn(process.execPath, program, { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
    const stop = () => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), END_MS).unref();
    };
    signal.addEventListener('abort', stop, { once: true });
    let last: CommandEnd['last'] = {};
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) last = JSON.parse(line) as CommandEnd['last'];
    });
    const finish = (code: number, more: CommandEnd['last'] = {}) => {
      signal.removeEventListener('abort', stop);
      resolve({ code, last: { ...last, ...more } });
    };
    child.once('error', (error) => finish(1, { message: error.message }));
    child.once('close', (code) => finish(code ?? 1));
  });
}
