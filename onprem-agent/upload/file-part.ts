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
 * Buffers of one connection, which are used in turn: one is being sent and one is read ahead, since the
 * stream is piped, and a pipe waits until all of a chunk has gone to the kernel.
 */
export type Buffers = Buffer[];
const BUFFERS = 3;

/** How a piece is read. */
export interface Reading {
  throttle: Throttle;
  /** May be used again when the request has been answered. */
  buffers: Buffers;
  /** Is told how many more bytes have been handed to the connection. */
  onBytes(bytes: number): void;
}

/**
 * The bytes of a piece, as fast as the limit allows. It can be read any number of times, each in a new
 * stream; what is in memory is a chunk, not the piece.
 */
export function streamPart(
  range: Range,
  { throttle, buffers, onBytes }: Reading,
  signal: AbortSignal,
): Readable {
  return Readable.from(chunksOf(range, { throttle, buffers, onBytes }, signal), {
    objectMode: false,
    highWaterMark: 0,
  });
}

async function* chunksOf(
  { path, start, end }: Range,
  { throttle, buffers, onBytes }: Reading,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    for (let at = start, turn = 0; at < end; turn = (turn + 1) % BUFFERS) {
      const length = Math.min(throttle.chunkBytes(), end - at);
      await throttle.take(length, signal);
      if ((buffers[turn]?.length ?? 0) < length) buffers[turn] = Buffer.allocUnsafeSlow(length);
      const chunk = await readInto(buffers[turn]!, file, at, length);
      if (chunk.length === 0) throw changed(path);
      at += chunk.length;
      onBytes(chunk.length);
      yield chunk;
    }
  } finally {
    await file.close();
  }
}

async function readInto(buffer: Buffer, file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** SHA-256 of a piece as it is on disk now, in base64. */
export async function digestPart({ path, start, end }: Range): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path);
  const buffer = Buffer.allocUnsafeSlow(1024 * 1024);
  try {
    for (let at = start; at < end; ) {
      const chunk = await readInto(buffer, file, at, Math.min(buffer.length, end - at));
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
