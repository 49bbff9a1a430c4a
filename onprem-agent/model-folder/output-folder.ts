import { mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { GraftError, InvalidInputError } from '#core/errors.ts';
import { COMPLETE, FRESH, isThere, OWNER, PREVIOUS, recoverLeftWork, renameToFreeName } from './left-work.ts';
import { saveWithFallback } from './save-with-fallback.ts';

/** Bytes; more than the weights of a general model with ten thousand labels need. */
const RESERVED_BYTES = 16 * 1024 * 1024;
const RESERVED = 'reserved';

/** A folder for the result of a long training. It is tried out before the training begins. */
export interface OutputFolder {
  /** What was done about the files of a killed run, a sentence each. */
  notes: string[];
  /**
   * Saves files into a new folder and completes them. Then it gives the folder its final name in one step.
   *
   * @param save writes the files that must not be lost; if it fails, it is called again with another folder
   * @param complete adds the remaining files, given what `save` returned
   * @throws GraftError that names the folder with the result, when it cannot be moved to its place
   */
  publish<Saved, Result>(steps: {
    save(folder: string): Promise<Saved>;
    complete(folder: string, saved: Saved): Promise<Result>;
  }): Promise<Result>;
  /** Removes everything except the published result, or the one that was kept elsewhere. */
  close(): Promise<void>;
}

/** Where a training keeps what it needs to go on, beside the folder of its result. */
export const trainingFolderOf = (out: string): string => `${resolve(out)}.training`;

/**
 * Checks that a result may be written there: the folder is missing or empty, or, with `force`, holds a model.
 * It never accepts anything else: `--out ~ --force` must not delete a home directory.
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
  const isModel = await isThere(join(folder, 'manifest.json'));
  if (isModel && force) return;
  throw new InvalidInputError(`"${folder}" is there already${isModel ? '' : ', and is no model'}`, {
    hint: isModel
      ? 'Choose another folder with --out, or replace it with --force.'
      : 'Choose another folder with --out.',
  });
}

/**
 * Makes the folder in which the result will be written, beside its final place, and reserves disk space in
 * it.
 *
 * @throws InvalidInputError when the folder may not be replaced, or nothing can be written beside it
 */
export async function openOutputFolder(folder: string, force: boolean): Promise<OutputFolder> {
  const target = resolve(folder);
  const notes = await recoverLeftWork(target);
  await checkOutputFolder(target, force).catch((cause: unknown) => {
    if (notes.length === 0 || !(cause instanceof GraftError)) throw cause;
    const hint = cause.hint === undefined ? {} : { hint: cause.hint };
    throw new InvalidInputError(`${notes.join('. ')}. ${cause.message}`, { cause: cause.cause, ...hint });
  });
  const { work, made } = await makeWorkFolder(target).catch((cause: unknown) => {
    if (cause instanceof GraftError) throw cause;
    throw new InvalidInputError(`Nothing can be written beside "${folder}": ${(cause as Error).message}`, {
      cause,
      hint: 'Make room there, or choose another folder with --out.',
    });
  });
  let isKept = false;
  return {
    notes,
    async publish({ save, complete }) {
      await rm(join(work, RESERVED), { force: true });
      const saved = await saveWithFallback(target, join(work, FRESH), save);
      let kept = saved.folder;
      try {
        const result = await complete(kept, saved.value);
        if (saved.failure !== undefined) throw saved.failure;
        await writeFile(join(work, COMPLETE), '');
        await checkOutputFolder(target, force);
        await replace(target, kept, join(work, PREVIOUS)).catch((error: unknown) => {
          isKept = error instanceof NotPutBackError;
          throw error;
        });
        return result;
      } catch (cause) {
        if (saved.failure === undefined) kept = await renameToFreeName(kept, target);
        isKept ||= kept.startsWith(work);
        throw keptElsewhere(folder, kept, cause);
      }
    },
    async close() {
      // Later runs leave a folder without a process's number alone, so the result stays.
      if (isKept) return rm(join(work, OWNER), { force: true });
      await rm(work, { recursive: true, force: true });
      for (const parent of made) await rmdir(parent).catch(() => {});
    },
  };
}

/**
 * @returns the folder, and the parents that were made for it, the innermost first; after a failure none of
 *   them is left
 */
async function makeWorkFolder(target: string): Promise<{ work: string; made: string[] }> {
  const parent = dirname(target);
  const made: string[] = [];
  let work: string | undefined;
  try {
    await makeFolders(parent, made);
    // Beside the target, so that the rename is within one file system.
    work = await mkdtemp(join(parent, `.${basename(target)}-`));
    await writeFile(join(work, OWNER), String(process.pid));
    await mkdir(join(work, FRESH));
    await writeFile(join(work, RESERVED), Buffer.alloc(RESERVED_BYTES));
    return { work, made };
  } catch (error) {
    if (work !== undefined) await rm(work, { recursive: true, force: true });
    for (const each of made) await rmdir(each).catch(() => {});
    throw error;
  }
}

/**
 * Makes folders one by one: with `recursive`, Node.js hangs on a path such as `/proc/x`.
 *
 * @param made gets the folders that were missing, the innermost first
 */
async function makeFolders(folder: string, made: string[]): Promise<void> {
  if (await isThere(folder)) return;
  await makeFolders(dirname(folder), made);
  await mkdir(folder);
  made.unshift(folder);
}

/** The earlier folder could neither be replaced nor be moved back; it stays where it was moved. */
class NotPutBackError extends Error {}

/** Replaces a folder. Moves the old one back if the new one cannot take its place. */
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
    if (moved) {
      await rename(aside, target).catch((cause: unknown) => {
        throw new NotPutBackError(`${(error as Error).message}; what was there is in "${aside}"`, { cause });
      });
    }
    throw error;
  }
}

function keptElsewhere(folder: string, kept: string, cause: unknown): GraftError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GraftError('ModelKeptElsewhere', `The model is in "${kept}", not in "${folder}": ${reason}`, {
    cause,
    hint: `Move it to where it should be; its files are complete if "${kept}" has a manifest.json.`,
  });
}
