import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GraftError } from '#core/errors.ts';
import { repository } from '../scripts/fingerprint.ts';

/** One line of `graft … --json`. The last one of a successful command is its result. */
export type AgentEvent = Record<string, unknown>;

/**
 * Runs one command of the on-prem agent in a process of its own, as a user would.
 *
 * @param onEvent is called with each line of its `--json` output
 * @returns the last line
 * @throws GraftError with its last error when its exit code is not 0
 */
export async function graft(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  onEvent: (event: AgentEvent) => void = () => {},
): Promise<AgentEvent> {
  const child = spawn(process.execPath, [join(repository, 'onprem-agent/bin.mjs'), ...args, '--json'], {
    cwd: repository,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  let last: AgentEvent = {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) return;
    last = JSON.parse(line) as AgentEvent;
    onEvent(last);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    const reason =
      last.event === 'error' ? [last.message, last.hint].filter(Boolean).join('\n') : errors.trim();
    throw new GraftError('AgentFailed', `graft ${args.join(' ')} ended with code ${code}\n${reason}`);
  }
  return last;
}
