import { createHash } from 'node:crypto';
import type { ContentDigest } from '#core/digest.ts';
import { openRegularFile } from '#core/regular-file.ts';
import { partSizeFor } from '../aws/checksum.ts';

/** Bytes of each read: two buffers of this size are all that is in memory. */
const READ_BYTES = 1024 * 1024;

/** A file by its content, and by that of each part in which it is uploaded. */
export interface DigestedFile extends ContentDigest {
  /** Bytes of every part but the last. */
  partSize: number;
  /** SHA-256 of each part, in base64 as S3 takes it; one part of an empty file. */
  parts: string[];
}

/**
 * Reads a file once for all digests that its upload needs, so that nothing is hashed again while it is sent.
 *
 * @param onBytes is told how many more bytes are done
 * @throws InvalidInputError when it is no regular file
 */
export async function digestFile(
  path: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<DigestedFile> {
  const file = await openRegularFile(path);
  try {
    const partSize = partSizeFor((await file.stat()).size);
    const whole = createHash('sha256');
    let part = createHash('sha256');
    const parts: string[] = [];
    let size = 0;
    let inPart = 0;
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
      for (let from = 0; from < bytesRead; ) {
        const to = Math.min(bytesRead, from + partSize - inPart);
        part.update(bytes.subarray(from, to));
        inPart += to - from;
        from = to;
        if (inPart < partSize) continue;
        parts.push(part.digest('base64'));
        part = createHash('sha256');
        inPart = 0;
      }
      onBytes(bytesRead);
    }
    if (inPart > 0 || parts.length === 0) parts.push(part.digest('base64'));
    return { sha256: whole.digest('hex'), size, partSize, parts };
  } finally {
    await file.close();
  }
}
