import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type {
  GetObjectCommandInput,
  GetObjectCommandOutput,
  HeadObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { assertReadable } from '../conditions.ts';
import type { S3Context } from '../context.ts';
import { invalidArgument, methodNotAllowed, noSuchKey, noSuchVersion } from '../errors.ts';
import { describing } from '../object-headers.ts';
import { type ByteRange, parseRange, rangeOfPart } from '../range.ts';
import { checksumMembers, versionHeader } from '../responses.ts';
import { STATUS } from '../schemas.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Bucket } from '../store/bucket.ts';
import { blobsOf } from '../store/bucket.ts';
import type { Version } from '../store/records.ts';

/**
 * The version that a request reads.
 *
 * @throws ServiceError NoSuchKey, NoSuchVersion, MethodNotAllowed for a delete marker
 */
export function readableVersion(bucket: Bucket, key: string, versionId: string | undefined): Version {
  if (versionId === undefined) {
    const current = bucket.current(key);
    if (current === undefined) throw noSuchKey(key);
    return current;
  }
  const version = bucket.find(key, versionId);
  if (version === undefined) throw noSuchVersion(key, versionId);
  if (version.deleteMarker) throw methodNotAllowed();
  return version;
}

export function headObject(
  s3: S3Context,
  input: GetObjectCommandInput,
): Omit<HeadObjectCommandOutput, '$metadata'> {
  return read(s3, input).output;
}

/** Streams from disk; an object deleted meanwhile is sent to its end. */
export function getObject(
  s3: S3Context,
  input: GetObjectCommandInput,
): Omit<GetObjectCommandOutput, '$metadata' | 'Body'> & { Body: Readable } {
  const { version, range, output } = read(s3, input);
  return { ...output, Body: bytesOf(s3.store.blobs, version, range) };
}

function read({ store }: S3Context, input: GetObjectCommandInput) {
  const bucket = store.bucket(input.Bucket!);
  const version = readableVersion(bucket, input.Key!, input.VersionId);
  assertReadable(input, version);
  if (input.Range !== undefined && input.PartNumber !== undefined) {
    throw invalidArgument(
      'Cannot specify both Range header and partNumber query parameter',
      'partNumber',
      input.PartNumber,
    );
  }
  const range =
    input.PartNumber === undefined
      ? parseRange(input.Range, version.size)
      : rangeOfPart(input.PartNumber, version);
  const length = range === undefined ? version.size : range.end - range.start + 1;
  const output = {
    ...describing(version),
    AcceptRanges: 'bytes',
    LastModified: new Date(version.modified),
    ContentLength: length,
    ETag: `"${version.etag}"`,
    ...versionHeader(version),
    ...(range === undefined
      ? {}
      : { ContentRange: `bytes ${range.start}-${range.end}/${version.size}`, [STATUS]: 206 }),
    ...(input.PartNumber === undefined || version.uploadId === undefined
      ? {}
      : { PartsCount: version.segments.length }),
    // The checksum is the whole object's: S3 leaves it out of an answer with a part of the bytes.
    ...(input.ChecksumMode === 'ENABLED' && range === undefined ? checksumMembers(version.checksum) : {}),
    ...(version.tags === undefined ? {} : { TagCount: Object.keys(version.tags).length }),
    ...overrides(input),
  };
  return { version, range, output };
}

/** `response-content-type` … of presigned URLs. */
function overrides(input: GetObjectCommandInput) {
  return {
    ...(input.ResponseContentType === undefined ? {} : { ContentType: input.ResponseContentType }),
    ...(input.ResponseCacheControl === undefined ? {} : { CacheControl: input.ResponseCacheControl }),
    ...(input.ResponseContentDisposition === undefined
      ? {}
      : { ContentDisposition: input.ResponseContentDisposition }),
    ...(input.ResponseContentEncoding === undefined
      ? {}
      : { ContentEncoding: input.ResponseContentEncoding }),
    ...(input.ResponseContentLanguage === undefined
      ? {}
      : { ContentLanguage: input.ResponseContentLanguage }),
  };
}

/** The bytes of a version, or of a range of it, whichever segments it spans. */
export function bytesOf(blobs: Blobs, version: Version, range?: ByteRange): Readable {
  const { start, end } = range ?? { start: 0, end: version.size - 1 };
  const held = blobsOf(version);
  blobs.acquire(held);
  const stream = Readable.from(segmentsBetween(blobs, version, start, end), { objectMode: false });
  stream.once('close', () => blobs.release(held));
  return stream;
}

async function* segmentsBetween(blobs: Blobs, version: Version, start: number, end: number) {
  let offset = 0;
  for (const { blob, size } of version.segments) {
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, size - 1);
    if (from < size && to >= from) yield* createReadStream(blobs.path(blob), { start: from, end: to });
    offset += size;
  }
}
