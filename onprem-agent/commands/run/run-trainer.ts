import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { InvalidInputError } from '#core/errors.ts';

/** Signals that are for the program, too. */
const HANDED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const;

/**
 * Runs another program to its end, on this process's own input and outputs. Signals that this process gets
 * are handed on; Ctrl-C at a terminal is not, since the terminal sends it to both.
 *
 * @param toStderr its standard output goes to standard error, because ours has JSON
 * @returns its exit code; 128 and the signal's number if a signal ended it
 * @throws InvalidInputError when it cannot be started
 */
export async function runTrainer([command, ...args]: readonly string[], toStderr: boolean): Promise<number> {
  const child = spawn(command!, args, { stdio: ['inherit', toStderr ? 2 : 'inherit', 'inherit'] });
  const hand = (signal: NodeJS.Signals) => {
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of HANDED_ON) process.on(signal, hand);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, endedBy) => resolve(code ?? 128 + constants.signals[endedBy!]));
    });
  } catch (cause) {
    throw new InvalidInputError(`"${command}" cannot be started: ${(cause as Error).message}`, {
      cause,
      hint: 'Write the command line behind `--` as in a shell; for pipes and variables, run `sh -c "…"`.',
    });
  } finally {
    for (const signal of HANDED_ON) process.off(signal, hand);
  }
}
