import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise } from 'yauzl';
import { IntegrityError, InvalidInputError } from '#core/errors.ts';

export type { Entry } from 'yauzl';

/**
 * All entries of a ZIP file, without their content.
 *
 * @throws InvalidInputError when the file cannot be read or is no ZIP file
 */
export async function listZip(file: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  try {
    const zip = await openPromise(file);
    for await (const entry of zip.eachEntry()) entries.push(entry);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new InvalidInputError(missing ? `There is no file "${file}"` : `"${file}" is no ZIP file`, {
      cause,
      ...(missing ? {} : { hint: 'A wheel is one; download it again if it is meant to be a wheel.' }),
    });
  }
  return entries;
}

/** The text of one of the file's entries. */
export async function readZipText(file: string, wanted: Entry): Promise<string> {
  const zip = await openPromise(file, { autoClose: false });
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(wanted)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    zip.close();
  }
}

export interface UnpackOptions {
  /** The path to write an entry to; undefined leaves it out. */
  target(name: string): string | undefined;
  /** Called with the number of bytes written since the last call. */
  onBytes?: (bytes: number) => void;
  signal: AbortSignal;
}

/**
 * Writes some of the file's entries to disk. Names that lead out of their folder are refused by the ZIP
 * library.
 *
 * @throws IntegrityError when an entry is damaged
 * @throws the signal's reason
 */
export async function unpackZip(file: string, { target, onBytes, signal }: UnpackOptions): Promise<void> {
  const zip = await openPromise(file, { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      const to = entry.fileName.endsWith('/') ? undefined : target(entry.fileName);
      if (to === undefined) continue;
      signal.throwIfAborted();
      await mkdir(dirname(to), { recursive: true });
      let checksum = 0;
      await pipeline(
        await zip.openReadStreamPromise(entry),
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            checksum = crc32(chunk, checksum);
            onBytes?.(chunk.length);
            yield chunk;
          }
        },
        createWriteStream(to),
        { signal },
      ).catch((cause: NodeJS.ErrnoException) => {
        signal.throwIfAborted();
        if (cause.syscall !== undefined) throw cause;
        throw damaged(file, entry, cause);
      });
      if (checksum !== entry.crc32) throw damaged(file, entry);
    }
  } finally {
    zip.close();
  }
}

const damaged = (file: string, entry: Entry, cause?: unknown) =>
  new IntegrityError(`"${entry.fileName}" in "${file}" is damaged`, {
    cause,
    hint: 'Download the file again.',
  });
