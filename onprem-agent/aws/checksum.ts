import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** S3's limit: 10,000 parts. */
const MAXIMUM_PARTS = 10_000;
/**
 * S3's minimum, 5 MiB. A broken connection costs half a part on average, and a small part also gets through a
 * link that does not hold for long.
 */
const PART_SIZE = 5 * 1024 * 1024;

/** Size of the parts in which a file of this size is uploaded, in bytes. */
export function partSizeFor(size: number): number {
  return Math.max(PART_SIZE, Math.ceil(size / MAXIMUM_PARTS));
}

/**
 * The value of `ChecksumSHA256` that S3 keeps for a file with these parts: base64 of the SHA-256, or, for
 * more than one part, of the SHA-256 over the parts' digests, followed by `-<number of parts>`
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
 *
 * @param parts SHA-256 of each part in base64
 */
export function s3Checksum(parts: readonly string[]): string {
  return parts.length === 1 ? parts[0]! : compositeChecksum(parts);
}

/** The checksum of an object that was uploaded in parts, even if it was only one. */
export function compositeChecksum(parts: readonly string[]): string {
  const digests = parts.map((part) => Buffer.from(part, 'base64'));
  return `${createHash('sha256').update(Buffer.concat(digests)).digest('base64')}-${parts.length}`;
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
