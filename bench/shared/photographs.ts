import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { repository } from '../../scripts/fingerprint.ts';

/** Real photographs and models, which are no part of the repository: see docs/benchmarks.md. */
export const dataFolder = (): string =>
  resolve(process.env.GRAFT_DATA ?? join(repository, '..', 'shared', 'data'));

/** Why a benchmark cannot run here; undefined where all of these files are there. */
export function missingData(names: readonly string[]): string | undefined {
  const missing = names.filter((name) => !existsSync(join(dataFolder(), name)));
  if (missing.length === 0) return undefined;
  return `${dataFolder()} has no ${missing.join(', ')} (GRAFT_DATA names another folder)`;
}

/**
 * Unpacks an archive of photographs once.
 *
 * @param archive name within `dataFolder()`
 * @returns the folder
 */
export async function unpacked(archive: string): Promise<string> {
  const target = join(repository, '.graft', 'photographs', archive.replace(/\.zip$/, ''));
  if (existsSync(target)) return target;
  const fresh = `${target}.${process.pid}`;
  const zip = await openPromise(join(dataFolder(), archive), { lazyEntries: true });
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    const path = join(fresh, entry.fileName);
    await mkdir(dirname(path), { recursive: true });
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path));
  }
  await rename(fresh, target);
  return target;
}

/** Labels of a folder of photographs, sorted. */
export const labelsIn = async (folder: string): Promise<string[]> => (await readdir(folder)).sort();

/**
 * Links the photographs from `from` to before `to` of each label, by name, into a new folder.
 *
 * @param source with one folder for each label
 */
export async function linkPhotographs(
  source: string,
  target: string,
  { labels, from, to }: { labels: readonly string[]; from: number; to: number },
): Promise<void> {
  for (const label of labels) {
    await mkdir(join(target, label), { recursive: true });
    for (const name of (await readdir(join(source, label))).sort().slice(from, to)) {
      await symlink(join(source, label, name), join(target, label, name));
    }
  }
}

/** Links photographs of all these labels into one folder, as images of none of the classes. */
export async function linkOthers(
  source: string,
  target: string,
  { labels, perLabel }: { labels: readonly string[]; perLabel: number },
): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const label of labels) {
    for (const name of (await readdir(join(source, label))).sort().slice(0, perLabel)) {
      await symlink(join(source, label, name), join(target, `${label}-${name}`));
    }
  }
}
