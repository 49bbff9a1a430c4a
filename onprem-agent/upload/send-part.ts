import { PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { changed, digestPart, type Range, streamPart } from './file-part.ts';
import { renewCredentials } from './persistence.ts';
import type { Destination, Transfer } from './transfer.ts';

/** A piece of a file with its SHA-256 in base64. */
export interface Piece extends Range {
  digest: string;
}

/** S3's names for bytes that are not what their checksum says. */
const CORRUPT = new Set(['BadDigest', 'XAmzContentSHA256Mismatch', 'IncompleteBody']);

/**
 * Sends one part of a multipart upload, again and again until it has arrived.
 *
 * @returns its ETag
 * @throws IntegrityError when the file has changed since it was digested
 */
export async function sendPart(
  transfer: Transfer,
  { bucket, key }: Destination,
  part: Piece & { uploadId: string; number: number },
): Promise<string> {
  const { ETag } = await sendPiece(transfer, key, part, (body, signal) =>
    transfer.s3.send(
      new UploadPartCommand({
        Bucket: bucket,
        Key: key,
        UploadId: part.uploadId,
        PartNumber: part.number,
        Body: body,
        ContentLength: part.end - part.start,
        ChecksumSHA256: part.digest,
      }),
      { abortSignal: signal },
    ),
  );
  return ETag!;
}

/** Uploads a file of one part. */
export async function sendWhole(
  transfer: Transfer,
  { bucket, key, condition }: Destination,
  piece: Piece,
): Promise<void> {
  await sendPiece(transfer, key, piece, (body, signal) =>
    transfer.s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentLength: piece.end - piece.start,
        ChecksumSHA256: piece.digest,
        ...condition,
      }),
      { abortSignal: signal },
    ),
  );
}

type Body = ReturnType<typeof streamPart>;

function sendPiece<T>(
  transfer: Transfer,
  key: string,
  piece: Piece,
  send: (body: Body, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const attempt = async () => {
    // While uploads are paused, no connection waits for bytes.
    await transfer.throttle.take(0, transfer.signal);
    let sent = 0;
    const onBytes = (bytes: number) => {
      sent += bytes;
      transfer.onSent(bytes);
    };
    try {
      const answer = await sendOnce(transfer, piece, onBytes, send);
      transfer.concurrency.arrived();
      return answer;
    } catch (error) {
      transfer.onSent(-sent);
      transfer.concurrency.failed();
      throw (await isCorrupt(error, piece)) ? changed(piece.path) : error;
    }
  };
  return transfer.persistence.run(`upload ${key}`, attempt, () => renewCredentials(transfer.s3));
}

/** Its body's own failure ends the request, which would otherwise wait for the rest of it. */
async function sendOnce<T>(
  { throttle, idleBuffers, signal }: Transfer,
  piece: Piece,
  onBytes: (bytes: number) => void,
  send: (body: Body, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const buffers = idleBuffers.pop() ?? [];
  const body = streamPart(piece, { throttle, buffers, onBytes }, either);
  let failure: Error | undefined;
  body.on('error', (error) => {
    failure = error;
    ended.abort(error);
  });
  try {
    const answer = await send(body, either);
    idleBuffers.push(buffers);
    return answer;
  } catch (error) {
    throw failure ?? error;
  } finally {
    body.destroy();
    ended.abort();
  }
}

/**
 * Whether S3 got other bytes than were digested because the file has them now, not because they were garbled.
 */
async function isCorrupt(error: unknown, piece: Piece): Promise<boolean> {
  return error instanceof Error && CORRUPT.has(error.name) && (await digestPart(piece)) !== piece.digest;
}
