import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Ending of files that are being written; a killed process leaves them behind. */
export const UNFINISHED = '.unfinished';

let counter = 0;

/**
 * Replaces a file's content, or leaves it as it was: writes a second file, flushes it to disk, and renames it
 * over the first. A reader never sees half of it, not even after a kill or a power failure.
 *
 * @param path its folder must exist
 */
export function writeFileAtomically(path: string, content: string | Uint8Array): void {
  counter += 1;
  const unfinished = join(dirname(path), `${basename(path)}.${process.pid}-${counter}${UNFINISHED}`);
  try {
    const file = openSync(unfinished, 'wx');
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (let written = 0; written < bytes.byteLength; ) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
