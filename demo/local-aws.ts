import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { GraftError } from '#core/errors.ts';
import { repository } from '../scripts/fingerprint.ts';

const readySchema = z.object({
  event: z.literal('ready'),
  endpoint: z.url(),
  outputs: z.record(z.string(), z.string()),
  apiKey: z.string(),
});
export type LocalAwsProcess = z.output<typeof readySchema> & { process: ChildProcess; stop(): Promise<void> };

export interface LocalAwsProcessOptions {
  template: string;
  state: string;
  port: number;
  /** Added to this process's own. */
  environment?: Record<string, string>;
}

/**
 * Starts `scripts/local.ts` as a process of its own and waits until every resource of the template is there.
 *
 * @param logFile gets everything that the process logs
 * @throws GraftError with the last lines of the log when the process ends before it is ready
 */
export async function spawnLocalAws(
  options: LocalAwsProcessOptions,
  logFile: string,
): Promise<LocalAwsProcess> {
  await mkdir(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile);
  const child = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', join(repository, 'scripts/local.ts')],
      ...['--template', options.template, '--state', options.state, '--port', String(options.port), '--json'],
    ],
    {
      cwd: repository,
      env: { ...process.env, ...options.environment },
      // The channel closes when this process ends for any reason, and the local AWS stops.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    },
  );
  const last: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => {
    log.write(chunk);
    last.push(...chunk.toString().trimEnd().split('\n'));
    last.splice(0, last.length - 15);
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ready = new Promise<z.output<typeof readySchema>>((resolve) => {
    createInterface({ input: child.stdout as Readable }).on('line', (line) => {
      log.write(`${line}\n`);
      const event = readySchema.safeParse(parseLine(line));
      if (event.success) resolve(event.data);
    });
  });
  const ended = closed.then((code) => {
    throw new GraftError('LocalAwsFailed', `The local AWS ended with code ${code}\n${last.join('\n')}`, {
      hint: `Its whole log is in ${logFile}.`,
    });
  });
  const settings = await Promise.race([ready, ended]);
  ended.catch(() => {});
  return {
    ...settings,
    process: child,
    async stop() {
      child.kill('SIGTERM');
      await closed;
      log.end();
    },
  };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
