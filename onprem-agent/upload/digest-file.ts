import { createHash } from 'node:crypto';
import type { ContentDigest } from '#core/digest.ts';
import { openRegularFile } from '#core/regular-file.ts';

/** Bytes of each read: two buffers of this size are all that is in memory. */
const READ_BYTES = 1024 * 1024;

/** What wants to know of a file while it is read. */
export interface Digesting {
  /** Is told how many more bytes are done. */
  onBytes?(bytes: number): void;
  /** Parts of this size are digested, too, ... */
  partSize?: number;
  /** ... and each one's SHA-256 in base64 told, in their order; one part of an empty file. */
  onPart?(digest: string): void;
}

/**
 * Reads a file once for all digests that its upload needs, so that nothing is hashed again while it is sent.
 *
 * @throws InvalidInputError when it is no regular file
 */
export async function digestFile(
  path: string,
  { onBytes, onPart, partSize = Number.POSITIVE_INFINITY }: Digesting,
  signal: AbortSignal,
): Promise<ContentDigest> {
  const file = await openRegularFile(path);
  try {
    const whole = createHash('sha256');
    let part = createHash('sha256');
    const endPart = () => {
      onPart?.(part.digest('base64'));
      part = createHash('sha256');
      inPart = 0;
      parts++;
    };
    let [size, inPart, parts] = [0, 0, 0];
    const buffers = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)];
    let reading = file.read(buffers[0]!, 0, READ_BYTES, 0);
    for (let turn = 1; ; turn++) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await reading;
      if (bytesRead === 0) break;
      size += bytesRead;
      // The next bytes are read while these are hashed.
      reading = file.read(buffers[turn % 2]!, 0, READ_BYTES, size);
      const bytes = buffer.subarray(0, bytesRead);
      whole.update(bytes);
      for (let from = 0; onPart !== undefined && from < bytesRead; ) {
        const to = Math.min(bytesRead, from + partSize - inPart);
        part.update(bytes.subarray(from, to));
        inPart += to - from;
        from = to;
        if (inPart === partSize) endPart();
      }
      onBytes?.(bytesRead);
    }
    if (inPart > 0 || parts === 0) endPart();
    return { sha256: whole.digest('hex'), size };
  } finally {
    await file.close();
  }
}
