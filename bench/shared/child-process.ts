import { spawn } from 'node:child_process';

/** Runs one measurement in a process of its own, which prints its result as one line of JSON. */
export interface ChildCommand {
  command: string;
  args: string[];
  /** Sent to its standard input. */
  input?: string;
}

/**
 * Runs it to its end.
 *
 * @returns what its last line of standard output says, or, as a string, the last line of what went wrong
 */
export function runInChild<T extends object>({ command, args, input }: ChildCommand): Promise<T | string> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let [out, errors] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdin.on('error', () => {}); // It ended before it read its input: its exit code tells.
    child.stdin.end(input);
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => {
      const line = out.trim().split('\n').at(-1);
      if (code === 0 && line?.startsWith('{')) resolve(JSON.parse(line) as T);
      else resolve(errors.trim().split('\n').at(-1) || `it ended with code ${code}`);
    });
  });
}
