import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { InvalidInputError } from '#core/errors.ts';

/** An entry may have this many bytes at most, as many as an ONNX file. */
const MAX_SIZE = 2 ** 31 - 1;
/** Weights hardly get smaller by compression, and a configuration by less than this. */
const MAX_COMPRESSION = 200;
const MAX_ENTRIES = 10_000;

/**
 * Reads some entries of a ZIP file into memory.
 *
 * @returns those that the file has, by name
 * @throws InvalidInputError when it is damaged, or unpacks to much more than a model has
 */
export async function readZip(path: string, names: readonly string[]): Promise<Map<string, Buffer>> {
  let zip: ZipFile;
  try {
    zip = await openPromise(path, { autoClose: false });
  } catch (cause) {
    throw damaged(path, cause);
  }
  try {
    if (zip.entryCount > MAX_ENTRIES) throw suspicious(path, `${zip.entryCount} files`);
    const found = new Map<string, Buffer>();
    for await (const entry of zip.eachEntry()) {
      if (names.includes(entry.fileName)) found.set(entry.fileName, await readEntry(zip, entry, path));
    }
    return found;
  } catch (cause) {
    throw cause instanceof InvalidInputError ? cause : damaged(path, cause);
  } finally {
    zip.close();
  }
}

async function readEntry(zip: ZipFile, entry: Entry, path: string): Promise<Buffer> {
  const { fileName, uncompressedSize, compressedSize } = entry;
  if (uncompressedSize > MAX_SIZE || uncompressedSize > MAX_COMPRESSION * compressedSize + 1024) {
    throw suspicious(path, `"${fileName}" with ${uncompressedSize} bytes`);
  }
  // The library ends the stream with an error where it has more or fewer bytes than the entry says.
  const bytes = Buffer.allocUnsafe(uncompressedSize);
  let offset = 0;
  for await (const chunk of await zip.openReadStreamPromise(entry))
    offset += (chunk as Buffer).copy(bytes, offset);
  if (offset !== uncompressedSize || crc32(bytes) !== entry.crc32) {
    throw damaged(path, new Error(`"${fileName}" has another checksum`));
  }
  return bytes;
}

const damaged = (path: string, cause: unknown) =>
  new InvalidInputError(`"${path}" is damaged: it is no whole ZIP file`, {
    cause,
    hint: 'Copy the file again, or save the model again with `model.save`.',
  });

const suspicious = (path: string, what: string) =>
  new InvalidInputError(`"${path}" unpacks to ${what}, which no model needs`, {
    hint: 'Save the model again with `model.save`.',
  });
