import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InvalidInputError } from '#core/errors.ts';

/**
 * Checks, before anything expensive, that a result may be written there: the folder is missing or empty, or, with `force`, holds a
 * model. Never anything else: `--out ~ --force` must not cost a home directory.
 *
 * @throws InvalidInputError
 */
export async function checkOutputFolder(folder: string, force: boolean): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') {
      throw new InvalidInputError(`"${folder}" is a file`, {
        cause: error,
        hint: 'Choose another folder with --out.',
      });
    }
    throw error;
  });
  if (names.length === 0) return;
  const isModel = await access(join(folder, 'manifest.json')).then(
    () => true,
    () => false,
  );
  if (isModel && force) return;
  throw new InvalidInputError(`"${folder}" is there already${isModel ? '' : ', and is no model'}`, {
    hint: isModel
      ? 'Choose another folder with --out, or replace it with --force.'
      : 'Choose another folder with --out.',
  });
}

/**
 * Lets `write` fill a folder that then appears under its name complete, or not at all.
 *
 * @returns what `write` returned
 */
export async function writeFolder<T>(
  folder: string,
  force: boolean,
  write: (folder: string) => Promise<T>,
): Promise<T> {
  const target = resolve(folder);
  await mkdir(dirname(target), { recursive: true });
  // Beside the target, so that the rename stays within one file system.
  const work = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    const fresh = join(work, 'new');
    await mkdir(fresh);
    const result = await write(fresh);
    await checkOutputFolder(target, force);
    await replace(target, fresh, join(work, 'old'));
    return result;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What was there is put back if the new folder cannot take its place. */
async function replace(target: string, fresh: string, aside: string): Promise<void> {
  const moved = await rename(target, aside).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    await rename(fresh, target);
  } catch (error) {
    if (moved) await rename(aside, target);
    throw error;
  }
}
