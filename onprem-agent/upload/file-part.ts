import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { IntegrityError } from '#core/errors.ts';
import type { Throttle } from './throttle.ts';

/** A piece of a file, from `start` to before `end`. */
export interface Range {
  path: string;
  start: number;
  end: number;
}

/**
 * The bytes of a piece, as fast as the limit allows. It can be read any number of times, each in a new stream;
 * what is in memory is a chunk, not the piece.
 *
 * @param onBytes is told how many more bytes have been handed to the connection
 */
export function streamPart(
  range: Range,
  throttle: Throttle,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Readable {
  return Readable.from(chunksOf(range, throttle, onBytes, signal), { objectMode: false, highWaterMark: 0 });
}

async function* chunksOf(
  { path, start, end }: Range,
  throttle: Throttle,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    for (let at = start; at < end; ) {
      const length = Math.min(throttle.chunkBytes(), end - at);
      await throttle.take(length, signal);
      const chunk = await readChunk(file, at, length);
      if (chunk.length === 0) throw changed(path);
      at += chunk.length;
      onBytes(chunk.length);
      yield chunk;
    }
  } finally {
    await file.close();
  }
}

async function readChunk(file: FileHandle, position: number, length: number): Promise<Buffer> {
  // A new buffer each time: the connection may still hold the one before.
  const buffer = Buffer.allocUnsafeSlow(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** SHA-256 of a piece as it is on disk now, in base64. */
export async function digestPart({ path, start, end }: Range): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path);
  try {
    for (let at = start; at < end; ) {
      const chunk = await readChunk(file, at, Math.min(1024 * 1024, end - at));
      if (chunk.length === 0) throw changed(path);
      hash.update(chunk);
      at += chunk.length;
    }
    return hash.digest('base64');
  } finally {
    await file.close();
  }
}

/** A file is not what it was when it was spooled. */
export const changed = (path: string): IntegrityError =>
  new IntegrityError(`"${path}" has changed since it was checked`, {
    hint: 'Something wrote into the model’s file after it was pushed. Restore it, or train again; then push again.',
  });
