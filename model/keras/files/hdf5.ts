import { basename } from 'node:path';
import type { Dataset, File, Group, h5wasm } from 'h5wasm';
import { InvalidInputError } from '#core/errors.ts';
import type { Weight } from '../network.ts';

/** An HDF5 file that is open in memory; nothing of it is written to disk. */
export interface Hdf5 {
  /** An attribute of a group, the root's path being `/`; undefined where there is none. */
  attribute(group: string, name: string): unknown;
  /** A list of texts, which Keras divides among numbered attributes where it is long; or undefined. */
  texts(group: string, name: string): string[] | undefined;
  has(path: string): boolean;
  keys(group: string): string[];
  weight(path: string): Weight;
  close(): void;
}

type Library = typeof h5wasm;

let files = 0;

const dirname = (path: string) => path.split('/').slice(0, -1).join('/');

/**
 * Opens an HDF5 file. Its bytes are used as they are until it is closed.
 *
 * @param name for errors
 * @throws InvalidInputError when it is damaged
 */
export async function openHdf5(bytes: Uint8Array, name: string): Promise<Hdf5> {
  // Loading takes 4 MB of WebAssembly, which only the import of Keras's files needs.
  const { h5wasm: library } = await import('h5wasm');
  const { FS } = await library.ready;
  // Otherwise the library prints its errors and goes on.
  (await library.ready).activate_throwing_error_handler();
  const path = `/${files++}.h5`;
  FS.writeFile(path, bytes, { canOwn: true } as object);
  const release = () => FS.unlink(path);
  try {
    const file = carefully(name, () => new library.File(path, 'r'));
    return reader(library, file, { name, release });
  } catch (error) {
    release();
    throw error;
  }
}

function reader(library: Library, file: File, { name, release }: { name: string; release(): void }): Hdf5 {
  const opened = new Map<string, { entity: unknown; keys: Set<string> }>();
  // The library prints an error for a path whose parents are not there, so each part is looked up.
  const open = (path: string): { entity: unknown; keys: Set<string> } => {
    const before = opened.get(path);
    if (before) return before;
    const parent = path === '' ? undefined : open(dirname(path));
    const part = basename(path);
    const entity = parent ? (parent.keys.has(part) ? (parent.entity as Group).get(part) : undefined) : file;
    const keys = new Set(entity instanceof library.Group ? entity.keys() : []);
    opened.set(path, { entity, keys });
    return { entity, keys };
  };
  const find = <T>(path: string, kind: new (...args: never[]) => T): T | undefined =>
    carefully(name, () => {
      const { entity } = open(path.split('/').filter(Boolean).join('/'));
      return entity instanceof kind ? entity : undefined;
    });
  const attribute = (path: string, key: string) =>
    carefully(name, () => find<Group>(path, library.Group)?.attrs[key]?.value);
  return {
    attribute,
    texts(path, key) {
      const whole = attribute(path, key);
      if (Array.isArray(whole)) return whole.map(String);
      const parts: string[] = [];
      for (let index = 0; ; index++) {
        const part = attribute(path, `${key}${index}`);
        if (!Array.isArray(part)) break;
        parts.push(...part.map(String));
      }
      return parts.length > 0 || whole !== undefined ? parts : undefined;
    },
    has: (path) => find<Group>(path, library.Group) !== undefined,
    keys: (path) => carefully(name, () => find<Group>(path, library.Group)?.keys() ?? []),
    weight(path) {
      const dataset = find<Dataset>(path, library.Dataset);
      if (!dataset) throw damaged(name, new Error(`there is no "${path}"`));
      return { dims: carefully(name, () => dataset.shape) ?? [], read: () => read(name, path, dataset) };
    },
    close() {
      file.close();
      release();
    },
  };
}

function read(name: string, path: string, dataset: Dataset): Float32Array {
  const values = carefully(name, () => dataset.value);
  // A single number is no array.
  if (typeof values === 'number') return Float32Array.of(values);
  if (values instanceof Float32Array) return values;
  if (values instanceof Float64Array) return Float32Array.from(values);
  throw new InvalidInputError(
    `The weight "${path}" in "${name}" has no floating-point numbers (${dataset.dtype})`,
    {
      hint: 'Save the model with weights of 32-bit floats, before it is quantised.',
    },
  );
}

function carefully<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof InvalidInputError) throw cause;
    throw damaged(name, cause);
  }
}

const damaged = (name: string, cause: unknown) =>
  new InvalidInputError(`"${name}" is damaged: it is no whole HDF5 file`, {
    cause,
    hint: 'Copy the file again, or save the model again with `model.save`.',
  });
