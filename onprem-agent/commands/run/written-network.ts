import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';

/** What `graft import` can read, by the names that trainers give. */
const NETWORK = /\.(onnx|keras|h5|hdf5)$|^model\.json$/;

/** Files that could be a network → what changes when they are written. */
type Snapshot = ReadonlyMap<string, { mark: string; written: number }>;

/**
 * The networks at a path, or in a folder and all folders below it, as they are now; none where nothing is.
 */
export async function networksAt(path: string): Promise<Snapshot> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return new Map();
  const files = status.isDirectory()
    ? (await readdir(path, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && NETWORK.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
    : [path];
  const found = await Promise.all(
    files.map(async (file) => {
      const { mtimeMs, size, ino } = await stat(file);
      return [file, { mark: `${mtimeMs} ${size} ${ino}`, written: mtimeMs }] as const;
    }),
  );
  return new Map(found);
}

/**
 * The network that was written last since a snapshot.
 *
 * @throws NotFoundError when there is none at the path
 * @throws InvalidInputError when all that is there was there before
 */
export async function writtenNetwork(path: string, before: Snapshot): Promise<string> {
  const now = [...(await networksAt(path))];
  if (now.length === 0) {
    throw new NotFoundError(`There is no network at "${path}"`, {
      hint: 'Name the file that the program writes with --result, or the folder in which it writes an .onnx, .keras or .h5 file.',
    });
  }
  const written = now.filter(([file, { mark }]) => before.get(file)?.mark !== mark);
  const [newest] = written.sort(([, a], [, b]) => b.written - a.written);
  if (newest !== undefined) return newest[0];
  throw new InvalidInputError(
    `The program has not written "${path}": ${now.map(([file]) => basename(file)).join(', ')} was there before`,
    { hint: 'It would be an old model. Name what this program writes with --result.' },
  );
}
