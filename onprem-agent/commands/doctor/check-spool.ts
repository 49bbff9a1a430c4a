import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDuration } from '../../cli/progress-bar.ts';
import { spoolFolder, stateFolder } from '../../state-folder.ts';
import type { Findings } from './finding.ts';

/** Seconds after which something that waits is worth a word. */
const LONG = 3_600;

/** What waits for its upload on this machine. */
export async function checkSpool(
  environment: NodeJS.ProcessEnv,
  now: Date,
  findings: Findings,
): Promise<void> {
  const report = findings.of('spool', 'waiting');
  const folder = spoolFolder(environment);
  const waiting = await waitingIn(folder);
  if (waiting === undefined) {
    report('ok', `nothing: there is no spool in ${stateFolder(environment)}`);
    return;
  }
  if (waiting.length === 0) {
    report('ok', 'nothing');
    return;
  }
  const oldest = (now.getTime() - Math.min(...waiting)) / 1_000;
  const text = `${waiting.length} in ${folder}, the oldest for ${formatDuration(oldest)}`;
  if (oldest < LONG) report('ok', text);
  else
    report(
      'warning',
      text,
      '`graft status` says why it waits. `graft watch` uploads what is in the spool, and so does `graft push` of the same model.',
    );
}

/** @returns when each one came, in milliseconds since 1970; undefined where there is no spool */
async function waitingIn(folder: string): Promise<number[] | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const folders = entries?.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return folders && Promise.all(folders.map(async ({ name }) => (await stat(join(folder, name))).mtimeMs));
}
