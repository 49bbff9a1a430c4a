import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { openRegularFile } from './regular-file.ts';

/** SHA-256 in lower-case hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * SHA-256 and size of a file, read as a stream.
 *
 * @throws InvalidInputError when it is a FIFO, a device or anything else that is no file
 */
export async function sha256OfFile(path: string): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  const file = await openRegularFile(path);
  await pipeline(file.createReadStream(), async (chunks) => {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
  });
  return { sha256: hash.digest('hex'), size };
}

/** Digest of a data set: over its (id, SHA-256) pairs sorted by id, so independent of the order of reading. */
export function dataSetDigest(images: readonly { id: string; sha256: string }[]): string {
  const lines = images.map((image) => `${image.id}\0${image.sha256}`).sort();
  return sha256(lines.join('\n'));
}
