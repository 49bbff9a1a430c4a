import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GraftError } from '#core/errors.ts';
import { repository } from '../scripts/fingerprint.ts';

export interface ConsoleProcess {
  /** The address to open; it has the token. */
  url: string;
  stop(): Promise<void>;
}

/**
 * Runs `graft console` as a person would, on any free port.
 *
 * @throws GraftError with what it says when it ends before it is ready
 */
export async function spawnConsole(
  environment: NodeJS.ProcessEnv,
  options: readonly string[] = [],
): Promise<ConsoleProcess> {
  const child = spawn(
    process.execPath,
    [join(repository, 'onprem-agent/bin.mjs'), 'console', '--port', '0', '--json', ...options],
    // A group of its own: Ctrl-C reaches the program that started it, which then ends it.
    { cwd: repository, env: environment, stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  );
  const closed = once(child, 'close');
  let said = '';
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, url, message } = JSON.parse(line) as Record<string, string>;
    if (event === 'ready') {
      child.stdout.resume();
      return {
        url: url!,
        async stop() {
          child.kill('SIGINT');
          await closed;
        },
      };
    }
    said = message ?? line;
  }
  throw new GraftError('ConsoleFailed', `graft console has ended: ${said}`);
}
