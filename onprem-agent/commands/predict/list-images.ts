import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import { hasImageEnding, IMAGE_ENDINGS, isLitter } from '#core/image-files.ts';

/** An image by its name in the results, and where it is. */
export interface ListedImage {
  id: string;
  path: string;
}

/** Whether a path is of many images: a folder, or a `.txt` file with a path a line. */
export async function isOfMany(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status?.isDirectory() === true || (status !== undefined && path.toLowerCase().endsWith('.txt'));
}

/**
 * Every file below a folder whose name ends like an image's, by its path below the folder; the files that a
 * list names, as it names them; or the one image. Links are followed to files, not to folders.
 *
 * @throws InvalidInputError when there is none
 */
export async function listImages(path: string): Promise<ListedImage[]> {
  if (!(await isOfMany(path))) {
    const isThere = await stat(path).catch(() => undefined);
    if (isThere === undefined) throw new NotFoundError(`There is no file "${path}"`);
    return [{ id: path, path }];
  }
  const isFolder = (await stat(path)).isDirectory();
  const images = isFolder ? await imagesBelow(path) : await imagesOfList(path);
  if (images.length > 0) return images;
  throw new InvalidInputError(`There is no image in "${path}"`, {
    hint: isFolder
      ? `Files whose names end with ${IMAGE_ENDINGS.map((each) => `.${each}`).join(', ')} are taken.`
      : 'Each line is the path of an image.',
  });
}

async function imagesBelow(root: string): Promise<ListedImage[]> {
  const images: ListedImage[] = [];
  async function visit(folder: string, prefix: string): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (isLitter(entry.name)) continue;
      const [id, path] = [`${prefix}${entry.name}`, join(folder, entry.name)];
      if (entry.isDirectory()) await visit(path, `${id}/`);
      else if (hasImageEnding(entry.name)) images.push({ id, path });
    }
  }
  await visit(root, '');
  return images;
}

async function imagesOfList(list: string): Promise<ListedImage[]> {
  const lines = (await readFile(list, 'utf8')).split(/\r?\n/).filter((line) => line.trim() !== '');
  return [...new Set(lines)].map((line) => ({ id: line, path: line }));
}
