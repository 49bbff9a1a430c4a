import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { sha256 } from '#core/digest.ts';

/** Root of the repository. */
export const repository = new URL('..', import.meta.url).pathname;

/**
 * SHA-256 over names and contents of files and folders (relative to the repository) and over `words`. A build
 * step uses it to tell whether its result is up to date.
 */
export async function fingerprint(
  paths: readonly string[],
  words: readonly string[] = [],
  root = repository,
): Promise<string> {
  const files: string[] = [];
  for (const path of paths) files.push(...(await filesBelow(join(root, path))));
  const lines = await Promise.all(
    files.sort().map(async (file) => `${relative(root, file)}\0${sha256(await readFile(file))}`),
  );
  return sha256([...lines, ...words].join('\n'));
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (entries === undefined) return [path];
  const nested = await Promise.all(entries.map((entry) => filesBelow(join(path, entry.name))));
  return nested.flat();
}
