import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import { labelSchema } from '#core/labels.ts';

/** One file below a label's folder. */
export interface ImageFile {
  /** `<label>/<file name>`, or the file name where images have no labels. */
  id: string;
  path: string;
  /** Index into the labels. */
  class: number;
}

/** Files that operating systems leave behind. */
const LITTER = new Set(['Thumbs.db', 'ehthumbs.db', 'desktop.ini', 'Icon\r', '__MACOSX']);
const isLitter = (name: string) => name.startsWith('.') || LITTER.has(name);

/** Code-unit order: the same on every machine, unlike `localeCompare`. */
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Lists `<root>/<label>/<image>`, labels and files sorted by their names' code units.
 *
 * @param expected labels in the order of the network's outputs; the folders must be exactly these
 * @throws NotFoundError when the folder is not there
 * @throws InvalidInputError when it has no class folders, only one, an empty or nested one, one whose name cannot be a label, or others
 *   than `expected`
 */
export async function listLabelFolders(
  root: string,
  expected?: readonly string[],
): Promise<{ labels: string[]; files: ImageFile[] }> {
  const { folders, files: strays } = await list(root);
  if (folders.length === 0) {
    throw new InvalidInputError(
      strays.length === 0
        ? `The folder "${root}" is empty`
        : `The folder "${root}" has files but no folder for each class`,
      {
        hint: 'Put the images of each class in a folder with the name of the class: <folder>/<label>/<image>.',
      },
    );
  }
  for (const folder of folders) checkLabel(root, folder);
  if (expected) compareLabels(root, folders, expected);
  const labels = expected ? [...expected] : folders;
  if (labels.length < 2) {
    throw new InvalidInputError(`"${root}" has the single class "${labels[0]}"`, {
      hint: 'A classifier needs at least two classes: add a folder of images for another one.',
    });
  }
  const files: ImageFile[] = [];
  for (const [index, label] of labels.entries()) {
    const inside = await list(join(root, label));
    if (inside.folders.length > 0) {
      throw new InvalidInputError(
        `The class "${label}" in "${root}" has a folder of its own, "${inside.folders[0]}"`,
        { hint: 'Classes cannot be nested: move its images up, or make it a class of its own.' },
      );
    }
    if (inside.files.length === 0) {
      throw new InvalidInputError(`The class "${label}" in "${root}" has no images`, {
        hint: 'Add images to its folder, or remove the folder.',
      });
    }
    for (const name of inside.files) {
      files.push({ id: `${label}/${name}`, path: join(root, label, name), class: index });
    }
  }
  return { labels, files };
}

/**
 * Lists `<root>/<image>`, sorted by the names' code units: images without labels.
 *
 * @returns files of class 0 whose id is their name; undefined where there is no such folder
 * @throws InvalidInputError when it is empty, or has folders
 */
export async function listImages(root: string): Promise<ImageFile[] | undefined> {
  const found = await list(root).catch((error: unknown) => {
    if (isMissing((error as Error).cause)) return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  const { folders, files } = found;
  if (folders.length > 0) {
    throw new InvalidInputError(`The folder "${root}" has a folder of its own, "${folders[0]}"`, {
      hint: 'Its images have no labels: move them directly into it.',
    });
  }
  if (files.length === 0) {
    throw new InvalidInputError(`The folder "${root}" is empty`, {
      hint: 'Add images to it, or remove the folder.',
    });
  }
  return files.map((name) => ({ id: name, path: join(root, name), class: 0 }));
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';

async function list(folder: string): Promise<{ folders: string[]; files: string[] }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    const notThere = cause.code === 'ENOENT' || cause.code === 'ENOTDIR';
    if (!notThere) throw cause;
    const message = isMissing(cause) ? 'There is no folder' : 'This is a file, not a folder of images:';
    throw new NotFoundError(`${message} "${folder}"`, { cause, hint: 'Check the path.' });
  });
  const folders: string[] = [];
  const files: string[] = [];
  for (const entry of entries) {
    if (isLitter(entry.name)) continue;
    const isFolder = entry.isSymbolicLink()
      ? (await stat(join(folder, entry.name)).catch(() => undefined))?.isDirectory()
      : entry.isDirectory();
    (isFolder ? folders : files).push(entry.name);
  }
  return { folders: folders.sort(byText), files: files.sort(byText) };
}

function checkLabel(root: string, folder: string) {
  const composed = folder.normalize('NFC');
  if (composed !== folder) {
    throw new InvalidInputError(
      `The folder ${JSON.stringify(folder)} in "${root}" has its name in decomposed Unicode (NFD, as some file systems of macOS write it)`,
      {
        hint: `Rename it to the composed form: convmv -r -f utf8 -t utf8 --nfc --notest "${root}"`,
      },
    );
  }
  const checked = labelSchema.safeParse(folder);
  if (checked.success) return;
  const reasons = checked.error.issues.map((issue) => issue.message).join('; ');
  throw new InvalidInputError(
    `The folder ${JSON.stringify(folder)} in "${root}" cannot be a class: ${reasons}`,
    { hint: 'Rename the folder.' },
  );
}

function compareLabels(root: string, folders: readonly string[], expected: readonly string[]) {
  const missing = expected.filter((label) => !folders.includes(label));
  const extra = folders.filter((folder) => !expected.includes(folder));
  if (missing.length === 0 && extra.length === 0) return;
  const parts = [
    missing.length > 0 ? `no folder for ${quote(missing)}` : undefined,
    extra.length > 0 ? `a folder but no label for ${quote(extra)}` : undefined,
  ];
  throw new InvalidInputError(
    `The folders in "${root}" are not the labels: ${parts.filter(Boolean).join(', and ')}`,
    { hint: 'Make the list of labels and the folders the same.' },
  );
}

function quote(names: readonly string[]) {
  const shown = names.slice(0, 10).map((name) => `"${name}"`);
  if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
  return shown.join(', ');
}
