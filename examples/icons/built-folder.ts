import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidInputError } from '#core/errors.ts';
import { isRunning } from '#core/is-running.ts';

const STAMP = 'build.json';

/**
 * Makes a folder that is either whole or not there: everything is written beside it and moved at the end, so
 * a killed build leaves nothing half-done. Its `build.json` holds `stamp`, and a folder with the same stamp
 * is left as it is.
 *
 * @param out replaced as a whole when it holds another build
 * @param write fills the folder that it is given
 * @returns `cached` is true when there was nothing to do
 * @throws InvalidInputError when `out` holds something that is no build
 */
export async function builtFolder(
  out: string,
  stamp: string,
  write: (folder: string) => Promise<void>,
): Promise<{ cached: boolean }> {
  const found = await readStamp(out);
  if (found === stamp) return { cached: true };
  if (found === undefined) await refuseForeignFolder(out);

  const partial = `${out}.partial-${process.pid}`;
  await removeAbandoned(out);
  try {
    await write(partial);
    await writeFile(join(partial, STAMP), stamp);
    await rm(out, { recursive: true, force: true });
    await rename(partial, out);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another process finished the same build first: its result is as good.
    if ((await readStamp(out)) !== stamp) throw error;
  }
  return { cached: false };
}

async function readStamp(folder: string): Promise<string | undefined> {
  return readFile(join(folder, STAMP), 'utf8').catch(() => undefined);
}

async function refuseForeignFolder(out: string) {
  const entries = await readdir(out).catch(() => []);
  if (entries.length === 0) return;
  throw new InvalidInputError(`"${out}" holds files that this did not build, "${entries[0]}" for one`, {
    hint: 'Name a new or empty folder.',
  });
}

/** Removes what killed builds left: folders of processes that no longer run. */
async function removeAbandoned(out: string) {
  const parent = dirname(out);
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (!path.startsWith(`${out}.partial-`)) continue;
    const owner = Number(path.slice(`${out}.partial-`.length));
    if (owner === process.pid || !isRunning(owner)) await rm(path, { recursive: true, force: true });
  }
}
