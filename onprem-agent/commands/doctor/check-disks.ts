import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { formatAmount } from '../../cli/progress-bar.ts';
import type { Findings } from './finding.ts';

/** Bytes. A training holds 16 MB for its end, and a model has a few hundred. */
const LEAST = 200e6;
const COMFORTABLE = 5e9;

/**
 * Whether a model can be written into each folder: may it be, and is there room. A folder that does not exist
 * yet is judged by the first one above it that does.
 *
 * @param folders what is kept there → path
 */
export async function checkDisks(folders: Record<string, string>, findings: Findings): Promise<void> {
  for (const [what, path] of Object.entries(folders)) await checkDisk(what, resolve(path), findings);
}

async function checkDisk(what: string, path: string, findings: Findings): Promise<void> {
  const report = findings.of('disk', what);
  const existing = await firstExisting(path);
  const isFolder = await stat(existing).then((status) => status.isDirectory());
  if (!isFolder) {
    report('error', `${existing} is no folder`, 'Name another folder, or move the file away.');
    return;
  }
  const writable = await access(existing, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable) {
    report(
      'error',
      `${path} cannot be written by this user`,
      `Give it to them: \`chown\` or \`chmod\` ${existing}`,
    );
    return;
  }
  const { bavail, bsize, files, ffree } = await statfs(existing);
  const free = bavail * bsize;
  const text = `${path}: ${formatAmount(free, 'B')} free`;
  if (files > 0 && ffree === 0) {
    report(
      'error',
      `${path}: no file can be made any more (no inodes are left)`,
      'Remove files on that disk.',
    );
  } else if (free < LEAST) report('error', text, 'Make room on that disk: a model would not fit.');
  else if (free < COMFORTABLE) report('warning', text, 'Make room on that disk before it is full.');
  else report('ok', text);
}

async function firstExisting(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).then(
      () => true,
      () => false,
    );
    if (found || folder === dirname(folder)) return folder;
  }
}
