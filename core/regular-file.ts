import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { InvalidInputError } from './errors.ts';

/** Bytes of each read after the first one, which takes the whole of a file that does not grow meanwhile. */
const NEXT_BYTES = 64 * 1024;

/**
 * Opens a regular file, or a link to one, for reading. Reading a FIFO would wait for ever, and a device such
 * as `/dev/zero` never ends.
 *
 * @throws InvalidInputError that says what it is instead, or that a link leads nowhere
 * @throws the system's error when it is missing or may not be read
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  // Without O_NONBLOCK, which Windows does not have, opening a FIFO waits for a writer.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENXIO') throw noFile('a socket or a device', error);
    if (error.code === 'ELOOP') throw noFile('a link that leads to itself', error);
    if (error.code === 'ENOENT' && (await isLink(path))) {
      throw noFile('a link to something that is not there', error);
    }
    throw error;
  });
  const status = await file.stat();
  if (status.isFile()) return file;
  await file.close();
  if (status.isDirectory()) throw noFile('a folder');
  throw noFile(status.isFIFO() ? 'a FIFO' : 'a device');
}

/**
 * The content of a regular file: never more than `maximumBytes`, even if it grows while it is read.
 *
 * @param tooLarge makes the error for a file of this many bytes or more
 * @throws as `openRegularFile`, and what `tooLarge` makes
 */
export async function readRegularFile(
  path: string,
  maximumBytes: number,
  tooLarge: (bytes: number) => Error = (bytes) =>
    new InvalidInputError(`its ${bytes} bytes are more than the ${maximumBytes} allowed`),
): Promise<Buffer> {
  const file = await openRegularFile(path);
  try {
    const { size } = await file.stat();
    if (size > maximumBytes) throw tooLarge(size);
    const chunks: Buffer[] = [];
    let length = 0;
    let wanted = size + 1;
    for (;;) {
      const chunk = Buffer.allocUnsafeSlow(Math.min(wanted, maximumBytes + 1 - length));
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, bytesRead));
      length += bytesRead;
      if (length > maximumBytes) throw tooLarge(length);
      wanted = NEXT_BYTES;
    }
  } finally {
    await file.close();
  }
}

/** Whether there is a link, even to something that does not exist. */
export const isLink = (path: string): Promise<boolean> =>
  lstat(path).then(
    (status) => status.isSymbolicLink(),
    () => false,
  );

const noFile = (what: string, cause?: unknown) =>
  new InvalidInputError(`it is ${what}, not a file`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Put the file itself there.',
  });
