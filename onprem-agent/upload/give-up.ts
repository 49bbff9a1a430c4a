import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorFields } from '../cli/errors.ts';
import { type Entry, writeFailure } from '../spool/entry.ts';
import { removeEntry } from '../spool/remove-entry.ts';
import { abortUploads } from './abort-uploads.ts';
import { troubleOf } from './trouble.ts';

/**
 * Decides what becomes of an entry whose upload has ended with an error. It stays where a later attempt can
 * succeed, or where parts of it are in the bucket; then it says why.
 *
 * @returns whether it stays
 */
export async function keepOrRemove(
  entry: Entry,
  error: unknown,
  environment: NodeJS.ProcessEnv,
): Promise<boolean> {
  const { folder } = entry;
  const mends = troubleOf(error) !== 'final';
  const { name, message, hint } = errorFields(error);
  if (name === 'IntegrityViolation') await abortUploads(entry, environment);
  else if (mends || (await hasParts(folder))) {
    const at = new Date().toISOString();
    await writeFailure(folder, { at, name, message, ...(hint === undefined ? {} : { hint }) });
    return true;
  }
  await removeEntry(folder);
  return false;
}

async function hasParts(folder: string): Promise<boolean> {
  return (await readdir(join(folder, 'parts')).catch(() => [])).length > 0;
}
