import { createHash } from 'node:crypto';
import { openRegularFile } from './regular-file.ts';

/** SHA-256 in lower-case hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export interface ContentDigest {
  /** In lower-case hexadecimal. */
  sha256: string;
  /** Bytes. */
  size: number;
}

/** SHA-256 and size of a stream, which is read to its end and not kept. */
export async function sha256OfStream(chunks: AsyncIterable<Uint8Array>): Promise<ContentDigest> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}

/**
 * SHA-256 and size of a file.
 *
 * @throws InvalidInputError when it is a FIFO, a device or anything else that is no file
 */
export async function sha256OfFile(path: string): Promise<ContentDigest> {
  const file = await openRegularFile(path);
  return sha256OfStream(file.createReadStream());
}

/** Digest of a data set: over its (id, SHA-256) pairs sorted by id, so independent of reading order. */
export function dataSetDigest(images: readonly { id: string; sha256: string }[]): string {
  const lines = images.map((image) => `${image.id}\0${image.sha256}`).sort();
  const hash = createHash('sha256');
  // Not joined: no string can hold several million lines.
  for (const [index, line] of lines.entries()) hash.update(index === 0 ? line : `\n${line}`);
  return hash.digest('hex');
}
