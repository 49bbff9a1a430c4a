import { access, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isRunning } from '#core/is-running.ts';

/** In a work folder, `.<name>-<six letters>` beside the folder `<name>` that will come of it: */
/** what is being written, */
export const FRESH = 'new';
/** what was there before, while the new one takes its place, */
export const PREVIOUS = 'old';
/** a file that is there when the new one is complete, */
export const COMPLETE = 'complete';
/** and one with the number of the process that it belongs to. */
export const OWNER = 'owner';

/**
 * Cleans up after a killed run. A complete result takes the folder's place if that is free, and another name
 * otherwise. An old folder that had been moved away comes back. Everything else is removed.
 *
 * @param target absolute path of the folder
 * @returns what was done, a sentence for each result that was found
 */
export async function recoverLeftWork(target: string): Promise<string[]> {
  const notes: string[] = [];
  for (const work of await leftWorkOf(target)) {
    const isFree = await isFreePlace(target);
    if (await isThere(join(work, COMPLETE), join(work, FRESH))) {
      const place = isFree ? target : await findFreeName(target);
      await rename(join(work, FRESH), place);
      notes.push(`A run that was killed had finished a model: it is now in "${place}"`);
    } else if (isFree && (await isThere(join(work, PREVIOUS)))) {
      await rename(join(work, PREVIOUS), target);
      notes.push(`A run that was killed had moved the model of "${target}" away: it is back`);
    }
    await rm(work, { recursive: true, force: true });
  }
  return notes;
}

/** Work folders beside a folder, of processes that have ended. */
export async function leftWorkOf(target: string): Promise<string[]> {
  const parent = dirname(target);
  const names = await readdir(parent).catch(() => []);
  const found: string[] = [];
  for (const name of names.sort()) {
    const prefix = `.${basename(target)}-`;
    if (!name.startsWith(prefix) || !/^[A-Za-z0-9]{6}$/.test(name.slice(prefix.length))) continue;
    const work = join(parent, name);
    const owner = Number(await readFile(join(work, OWNER), 'utf8').catch(() => ''));
    if (owner > 0 && owner !== process.pid && !isRunning(owner)) found.push(work);
  }
  return found;
}

/**
 * Gives a result that cannot take its place a name that a person will find: `<target>-kept`, or one with a
 * number.
 *
 * @returns its path now; the old one if it could not be renamed
 */
export async function renameToFreeName(folder: string, target: string): Promise<string> {
  try {
    const name = await findFreeName(target);
    await rename(folder, name);
    return name;
  } catch {
    return folder;
  }
}

async function findFreeName(target: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = n === 1 ? `${target}-kept` : `${target}-kept-${n}`;
    if (!(await isThere(name))) return name;
  }
}

/** Whether the path is missing or an empty folder. */
const isFreePlace = (folder: string): Promise<boolean> =>
  readdir(folder).then(
    (names) => names.length === 0,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );

/** Whether all these files are there. */
export const isThere = (...paths: string[]): Promise<boolean> =>
  Promise.all(paths.map((path) => access(path))).then(
    () => true,
    () => false,
  );
