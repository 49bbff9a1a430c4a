import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import { isLitter } from '#core/image-files.ts';
import { collidingLabels, labelSchema } from '#core/labels.ts';
import { isLink } from '#core/regular-file.ts';

/** One file below a label's folder. */
export interface ImageFile {
  /** `<label>/<file name>`, or the file name where images have no labels. */
  id: string;
  path: string;
  /** Index into the labels. */
  classIndex: number;
}

export interface LabelFolders {
  labels: string[];
  files: ImageFile[];
  /** Names of files beside the folders, which belong to no class. */
  beside: string[];
}

/** Code-unit order: the same on every machine, unlike `localeCompare`. */
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Lists `<root>/<label>/<image>`, labels and files sorted by their names' code units. Files that operating
 * systems leave behind (`.DS_Store` for instance) are ignored.
 *
 * @param expected labels in the order of the network's outputs; the folders must be exactly these
 * @throws as `listClasses` and `listFilesOfClass`
 */
export async function listLabelFolders(root: string, expected?: readonly string[]): Promise<LabelFolders> {
  const { labels, beside } = await listClasses(root, expected);
  const files: ImageFile[] = [];
  for (const [index, label] of labels.entries()) {
    for (const name of await listFilesOfClass(root, label)) {
      files.push({ id: `${label}/${name}`, path: join(root, label, name), classIndex: index });
    }
  }
  return { labels, files, beside };
}

/**
 * The labels that a folder's folders are, sorted by their code units, and the files beside them.
 *
 * @param expected labels in the order of the network's outputs; the folders must be exactly these
 * @throws NotFoundError when the folder is not there
 * @throws InvalidInputError when it has no class folders, only one, one whose name cannot be a label, two
 *   whose names are the same but for case or Unicode form, a link that leads nowhere, or others than
 *   `expected`
 */
export async function listClasses(
  root: string,
  expected?: readonly string[],
): Promise<Omit<LabelFolders, 'files'>> {
  const { folders, files: beside } = await list(root, refuseBrokenLink);
  if (folders.length === 0) {
    throw new InvalidInputError(
      beside.length === 0
        ? `The folder "${root}" is empty`
        : `The folder "${root}" has files but no folder for each class`,
      {
        hint: 'Put the images of each class in a folder with the name of the class: <folder>/<label>/<image>.',
      },
    );
  }
  refuseCollision(root, folders);
  for (const folder of folders) checkLabel(root, folder);
  if (expected) compareLabels(root, folders, expected);
  const labels = expected ? [...expected] : folders;
  if (labels.length < 2) {
    throw new InvalidInputError(`"${root}" has the single class "${labels[0]}"`, {
      hint: 'A classifier needs at least two classes: add a folder of images for another one.',
    });
  }
  return { labels, beside };
}

/**
 * Names of the files of one class, sorted by their code units.
 *
 * @throws InvalidInputError when its folder is empty or has folders of its own
 */
export async function listFilesOfClass(root: string, label: string): Promise<string[]> {
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
  return inside.files;
}

/**
 * Lists `<root>/<image>`, sorted by the names' code units: images without labels.
 *
 * @returns files of class 0 whose id is their name; undefined where there is no such folder
 * @throws InvalidInputError when it is empty, has folders, or is a link that leads nowhere
 */
export async function listImages(root: string): Promise<ImageFile[] | undefined> {
  const isThere = await lstat(root).catch(() => undefined);
  if (isThere === undefined) return undefined;
  const { folders, files } = await list(root);
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
  return files.map((name) => ({ id: name, path: join(root, name), classIndex: 0 }));
}

/**
 * @param onBrokenLink is called for links that lead nowhere; without it they count as files, which cannot be
 *   read
 * @returns everything that is no folder counts as a file, also a FIFO or a socket: reading it fails with the
 *   reason
 */
async function list(
  folder: string,
  onBrokenLink: (folder: string, name: string, cause: unknown) => void = () => {},
): Promise<{ folders: string[]; files: string[] }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => cannotList(folder, cause));
  const folders: string[] = [];
  const files: string[] = [];
  for (const entry of entries) {
    if (isLitter(entry.name)) continue;
    const status = entry.isSymbolicLink()
      ? await stat(join(folder, entry.name)).catch((cause) => onBrokenLink(folder, entry.name, cause))
      : entry;
    (status?.isDirectory() ? folders : files).push(entry.name);
  }
  return { folders: folders.sort(byText), files: files.sort(byText) };
}

async function cannotList(folder: string, cause: NodeJS.ErrnoException): Promise<never> {
  if (cause.code === 'ENOENT' && (await isLink(folder))) {
    throw new InvalidInputError(`"${folder}" is a link to something that is not there`, {
      cause,
      hint: 'Mount or restore what it leads to, or remove the link.',
    });
  }
  if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') throw cause;
  const message = cause.code === 'ENOENT' ? 'There is no folder' : 'This is a file, not a folder of images:';
  throw new NotFoundError(`${message} "${folder}"`, { cause, hint: 'Check the path.' });
}

/**
 * The link may stand for a class whose disk is not mounted. Without that class, another model would be
 * trained.
 */
function refuseBrokenLink(root: string, name: string, cause: unknown) {
  throw new InvalidInputError(`"${name}" in "${root}" is a link that cannot be followed`, {
    cause,
    hint: 'Mount or restore what it leads to, or remove the link.',
  });
}

/** On another system, macOS or Windows for instance, the two folders would be one. */
function refuseCollision(root: string, folders: readonly string[]) {
  const pair = collidingLabels(folders);
  if (pair === undefined) return;
  const [one, other] = pair.map((name) => JSON.stringify(name));
  throw new InvalidInputError(
    `The folders ${one} and ${other} in "${root}" have the same name but for upper and lower case or Unicode form`,
    { hint: 'Put the images of both into one of them, or give one another name.' },
  );
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
