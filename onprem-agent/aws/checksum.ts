import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** S3's limit: 10,000 parts. */
const MAXIMUM_PARTS = 10_000;
/**
 * 8 MiB or more per part means few requests, and little to send again after a failure. S3's minimum is 5 MiB.
 */
const PART_SIZE = 8 * 1024 * 1024;

/** Size of the parts in which a file of this size is uploaded, in bytes. */
export function partSizeFor(size: number): number {
  return Math.max(PART_SIZE, Math.ceil(size / MAXIMUM_PARTS));
}

/**
 * The value of `ChecksumSHA256` that S3 keeps for a file uploaded in parts of `partSize`: base64 of the
 * SHA-256, or, for more than one part, of the SHA-256 over the parts' digests, followed by
 * `-<number of parts>`
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
 */
export async function s3Checksum(path: string, partSize?: number): Promise<string> {
  const { size } = await stat(path);
  const each = partSize ?? partSizeFor(size);
  const digests: Buffer[] = [];
  for (let start = 0; start < size || start === 0; start += each) {
    const hash = createHash('sha256');
    const range = { start, end: Math.min(size, start + each) - 1 };
    if (size > 0) for await (const chunk of createReadStream(path, range)) hash.update(chunk as Buffer);
    digests.push(hash.digest());
  }
  if (digests.length === 1) return digests[0]!.toString('base64');
  const whole = createHash('sha256').update(Buffer.concat(digests)).digest('base64');
  return `${whole}-${digests.length}`;
}

/** As `s3Checksum`, of a small file in memory. */
export function s3ChecksumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/**
 * The MD5 of some bytes, in hexadecimal. S3's ETag of an object that was uploaded in one piece is the same.
 */
export function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** As `md5Of`, of a file. */
export async function md5OfFile(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
