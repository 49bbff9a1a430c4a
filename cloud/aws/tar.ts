import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { IntegrityError, NotFoundError } from '#core/errors.ts';
import { type Bucket, isNoSuchObject } from './bucket.ts';

/** An evaluation has one row for each test image; 64 MB hold hundreds of thousands of rows. */
const MEMBER_LIMIT = 64 * 1024 * 1024;

/**
 * Reads one file of a `tar.gz` in S3. The archive is read as a stream.
 *
 * @param member path inside the archive, without a leading `./`
 * @throws NotFoundError when there is no such archive
 * @throws IntegrityError when it is damaged, has no such member, or one that is too large
 */
export async function readMember(bucket: Bucket, key: string, member: string): Promise<Uint8Array> {
  const archive = await open(bucket, key);
  const chunks: Buffer[] = [];
  let found = false;
  const tar = extract();
  tar.on('entry', (header, entry, next) => {
    const wanted = header.name.replace(/^\.\//, '') === member;
    if (wanted && (header.size ?? 0) > MEMBER_LIMIT) {
      next(new IntegrityError(`${member} has ${header.size} bytes; the limit is ${MEMBER_LIMIT}`));
      return;
    }
    found ||= wanted;
    entry.on('data', (chunk) => {
      if (wanted) chunks.push(chunk as Buffer);
    });
    entry.on('end', () => next());
    // A damaged archive also breaks the current entry. The pipeline below reports it, so this listener does
    // nothing.
    entry.on('error', () => {});
  });
  try {
    await pipeline(archive, createGunzip(), tar);
  } catch (cause) {
    if (cause instanceof IntegrityError) throw cause;
    throw new IntegrityError(`${bucket.uri(key)} is not a complete tar.gz`, { cause });
  }
  if (!found) {
    throw new IntegrityError(`${bucket.uri(key)} does not contain ${member}`, {
      hint: 'Read the log of the training job that wrote it.',
    });
  }
  return Buffer.concat(chunks);
}

async function open(bucket: Bucket, key: string): Promise<Readable> {
  try {
    return await bucket.stream(key);
  } catch (cause) {
    if (!isNoSuchObject(cause)) throw cause;
    throw new NotFoundError(`There is no ${bucket.uri(key)}`, { cause });
  }
}
