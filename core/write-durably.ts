import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file that is either whole or not there, whenever the power fails: written beside its place and
 * flushed, then renamed, then the folder flushed too.
 */
export async function writeDurably(
  path: string,
  content: Uint8Array | string | readonly Uint8Array[],
): Promise<void> {
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w');
  try {
    for (const part of Array.isArray(content) ? content : [content]) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
  await flushFolder(dirname(path));
}

/** So that a rename in it survives a power cut. Windows cannot open folders, and flushes by itself. */
async function flushFolder(folder: string): Promise<void> {
  const opened = await open(folder, 'r').catch(() => undefined);
  try {
    await opened?.sync();
  } catch {
    // Some network file systems cannot flush folders.
  } finally {
    await opened?.close();
  }
}
