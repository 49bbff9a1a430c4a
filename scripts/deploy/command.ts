import { spawn } from 'node:child_process';
import { GraftError } from '#core/errors.ts';
import { repository } from '../fingerprint.ts';

/**
 * Runs a program in the repository. Its output goes to the terminal; `input` goes to its standard input.
 */
export async function runCommand(command: string, args: readonly string[], input?: string): Promise<void> {
  const child = spawn(command, args, {
    cwd: repository,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'inherit', 'inherit'],
  });
  child.stdin?.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'ENOENT'
          ? new GraftError('MissingTool', `${command} is not installed`, {
              hint: 'See docs/deploy.md, prerequisites.',
            })
          : cause,
      ),
    );
    child.once('close', resolve);
  });
  if (code !== 0) throw new GraftError('StepFailed', `${command} ${args[0]} ended with code ${code}`);
}
