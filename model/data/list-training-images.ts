import { readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { InvalidInputError } from '#core/errors.ts';
import { isLitter } from '#core/image-files.ts';
import { type ImageList, sharedInt32 } from './image-list.ts';
import { listClasses, listFilesOfClass } from './label-folders.ts';
import { listShards } from './tar-shards.ts';
import { createTexts } from './texts.ts';

/** The images of a training before they have been read. */
export interface FoundImages {
  list: ImageList;
  /** Names of files beside the classes' folders, or of members of shards, which belong to no class. */
  beside: string[];
}

/** As the ids sort that begin with them. */
const byId = (a: string, b: string) => (`${a}/` < `${b}/` ? -1 : 1);

const isShard = (name: string) => /\.tar$/i.test(name);

/**
 * Finds the images of a general model: `<root>/<label>/<image>`, or tar shards as WebDataset has them, which
 * are the files `<root>/*.tar` or the one file `root`.
 *
 * @throws NotFoundError, InvalidInputError naming what is wrong, and the remedy
 * @throws the signal's reason
 */
export async function listTrainingImages(root: string, signal?: AbortSignal): Promise<FoundImages> {
  const status = await stat(root).catch(() => undefined);
  if (status?.isFile() && isShard(root)) return listShards(dirname(root), [basename(root)], signal);
  if (!status?.isDirectory()) return listFolders(root, signal);
  const entries = (await readdir(root, { withFileTypes: true })).filter(({ name }) => !isLitter(name));
  const shards = entries
    .filter((entry) => !entry.isDirectory() && isShard(entry.name))
    .map(({ name }) => name);
  if (shards.length === 0) return listFolders(root, signal);
  const folder = entries.find((entry) => entry.isDirectory());
  if (folder !== undefined) {
    throw new InvalidInputError(
      `"${root}" has tar shards ("${shards[0]}") and folders ("${folder.name}"): which of them are the images?`,
      { hint: 'Keep the shards in a folder of their own.' },
    );
  }
  return listShards(root, shards.sort(byId), signal);
}

async function listFolders(root: string, signal?: AbortSignal): Promise<FoundImages> {
  const { labels, beside } = await listClasses(root);
  const names = createTexts();
  const counts: number[] = [];
  for (const label of labels) {
    signal?.throwIfAborted();
    const files = await listFilesOfClass(root, label);
    for (const file of files) names.add(file);
    counts.push(files.length);
  }
  const size = counts.reduce((sum, count) => sum + count, 0);
  const classIndices = sharedInt32(size);
  let at = 0;
  for (const [index, count] of counts.entries()) {
    classIndices.fill(index, at, at + count);
    at += count;
  }
  return { list: { root, labels, size, classIndices, names: names.build() }, beside };
}
