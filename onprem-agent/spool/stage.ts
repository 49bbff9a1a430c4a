import { constants } from 'node:fs';
import { copyFile, link, mkdir, mkdtemp, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GraftError, IntegrityError, InvalidInputError, NotFoundError } from '#core/errors.ts';
import { isRunning } from '#core/is-running.ts';
import { requireListed } from '#core/model-files.ts';
import { openRegularFile } from '#core/regular-file.ts';
import type { ModelFolder } from '../model-folder/read.ts';
import { digestFile } from '../upload/digest-file.ts';
import {
  clearFailure,
  DAMAGED_HINT,
  ENTRY_FILE,
  type Entry,
  type EntryRecord,
  modelFolderOf,
  readEntry,
  readSigned,
  replaceSignature,
  serialised,
  writeSigned,
} from './entry.ts';
import { lockHolder } from './lock.ts';
import { replaceFile, syncFolder } from './replace-file.ts';

/** Files of a model in the spool that belong to no entry yet. */
export interface Staged {
  /**
   * Reads all of them: for a push that will not see the upload, which checks them again.
   *
   * @param onBytes is told how many more bytes are done
   * @throws IntegrityError when one is not what the manifest says
   */
  verify(onBytes: (bytes: number) => void, signal: AbortSignal): Promise<void>;
  /** Makes an entry of them, or takes the one that is there with the same content. */
  commit(record: EntryRecord, signed: { manifestBytes: Buffer; signature: string }): Promise<Entry>;
  /** Removes them, unless they have become an entry. */
  discard(): Promise<void>;
}

/**
 * Puts a model's files into the spool, as hard links where the file system allows that.
 *
 * @throws NotFoundError, IntegrityError when a file is missing, or has another size than the manifest says
 */
export async function stageModel(spool: string, model: ModelFolder): Promise<Staged> {
  await mkdir(spool, { recursive: true, mode: 0o700 });
  await removeLeft(spool);
  const folder = await mkdtemp(join(spool, `.stage-${process.pid}-`));
  const discard = () => rm(folder, { recursive: true, force: true });
  try {
    await mkdir(modelFolderOf(folder));
    const place = `"${model.folder}"`;
    const where = { place, hint: DAMAGED_HINT };
    const pathOf = (name: string) => join(modelFolderOf(folder), name);
    for (const { name, sha256 } of model.manifest.files) {
      await takeFile(join(model.folder, name), pathOf(name)).catch((cause: unknown) => {
        if (cause instanceof GraftError) throw cause;
        const message = `${place} has no ${name}, which its manifest lists`;
        throw new NotFoundError(message, { cause, hint: DAMAGED_HINT });
      });
      const { size } = await stat(pathOf(name));
      requireListed(model.manifest, { name, size, sha256 }, where);
    }
    return {
      discard,
      async verify(onBytes, signal) {
        for (const { name } of model.manifest.files) {
          const found = await digestFile(pathOf(name), { onBytes }, signal);
          requireListed(model.manifest, { name, ...found }, where);
        }
      },
      commit: (record, signed) => commit(spool, folder, record, signed),
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

async function commit(
  spool: string,
  folder: string,
  record: EntryRecord,
  signed: { manifestBytes: Buffer; signature: string },
): Promise<Entry> {
  const final = join(spool, record.id);
  await writeSigned(folder, signed);
  await replaceFile(join(folder, ENTRY_FILE), serialised(record));
  for (;;) {
    const there = await readEntry(final).catch(() => undefined);
    if (there !== undefined && (await isSameModel(final, signed.manifestBytes))) {
      await replaceSignature(final, signed.signature);
      await clearFailure(final);
      await rm(folder, { recursive: true, force: true });
      return there;
    }
    if ((await lockHolder(final)) !== undefined) {
      throw new IntegrityError(`Another model with the version ${record.version} is being uploaded`, {
        hint: 'Wait for it (`graft status`), or push this one as a new version with --redate.',
      });
    }
    await rm(final, { recursive: true, force: true });
    const moved = await rename(folder, final).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (!moved) continue;
    await syncFolder(spool);
    return { folder: final, record };
  }
}

async function isSameModel(folder: string, manifestBytes: Buffer): Promise<boolean> {
  const { manifestBytes: there } = await readSigned(folder).catch(() => ({ manifestBytes: undefined }));
  return there?.equals(manifestBytes) ?? false;
}

/**
 * A hard link where the file systems are the same and it is allowed, otherwise a copy; on disk either way.
 */
async function takeFile(from: string, to: string): Promise<void> {
  // Not of the link itself, where it is one. Says what it is where it is no file.
  const path = await realpath(from);
  await (await openRegularFile(path)).close();
  const linked = await link(path, to).then(
    () => true,
    () => false,
  );
  if (!linked) {
    const { size } = await stat(path);
    await copyFile(path, to, constants.COPYFILE_FICLONE).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOSPC' && cause.code !== 'EDQUOT') throw cause;
      throw new InvalidInputError(`There is no room for the ${size} bytes of "${path}" in the spool`, {
        cause,
        hint: 'Make room there, or name a folder on the disk of the models in GRAFT_STATE: then nothing is copied.',
      });
    });
  }
  const file = await open(to);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What a process that was killed left half staged or half removed. */
async function removeLeft(spool: string): Promise<void> {
  for (const name of await readdir(spool)) {
    const pid = /^\.(?:stage|gone)-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    await rm(join(spool, name), { recursive: true, force: true });
  }
}
