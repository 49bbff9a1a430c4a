import type { CopyObjectCommandInput, CopyObjectCommandOutput } from '@aws-sdk/client-s3';
import type { RequestContext } from '../../../service.ts';
import { parseAlgorithm } from '../checksums/algorithms.ts';
import { assertReadable, assertSupported, assertWritable } from '../conditions.ts';
import type { S3Context } from '../context.ts';
import { invalidArgument, invalidRequest, notModified, preconditionFailed } from '../errors.ts';
import { publishCreated } from '../events.ts';
import {
  assertKey,
  type DescribingMembers,
  describedHeaders,
  describedMetadata,
  describedTags,
} from '../object-headers.ts';
import { receive } from '../receive.ts';
import { checksumMembers, versionHeader } from '../responses.ts';
import type { Bucket } from '../store/bucket.ts';
import { NULL_VERSION, type Version } from '../store/records.ts';
import { bytesOf, readableVersion } from './get-object.ts';

/** S3's limit for one CopyObject. */
const LARGEST_COPY = 5 * 1024 ** 3;

/** Members of CopyObject and UploadPartCopy that say what to copy. */
export interface SourceMembers {
  CopySource?: string | undefined;
  CopySourceIfMatch?: string | undefined;
  CopySourceIfNoneMatch?: string | undefined;
  CopySourceIfModifiedSince?: Date | undefined;
  CopySourceIfUnmodifiedSince?: Date | undefined;
}

export interface CopySource {
  bucket: Bucket;
  key: string;
  version: Version;
}

/** `<bucket>/<key>`, URL-encoded, with `?versionId=…` behind it where a certain version is meant. */
export function readCopySource({ store }: S3Context, input: SourceMembers): CopySource {
  const [path = '', versionId] = (input.CopySource ?? '').replace(/^\//, '').split('?versionId=');
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw invalidArgument('Invalid copy source encoding.', 'x-amz-copy-source', path);
  }
  const slash = decoded.indexOf('/');
  if (slash < 1 || slash === decoded.length - 1) {
    throw invalidArgument('Invalid copy source object key', 'x-amz-copy-source', path);
  }
  const bucket = store.bucket(decoded.slice(0, slash));
  const key = decoded.slice(slash + 1);
  const version = readableVersion(bucket, key, versionId);
  try {
    assertReadable(
      {
        IfMatch: input.CopySourceIfMatch,
        IfNoneMatch: input.CopySourceIfNoneMatch,
        IfModifiedSince: input.CopySourceIfModifiedSince,
        IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
      },
      version,
    );
  } catch (error) {
    // A copy is a write: where a read says 304, it says 412.
    if ((error as { code?: string }).code === notModified().code) throw preconditionFailed('copy-source');
    throw error;
  }
  return { bucket, key, version };
}

/** The request's own headers and body are not the copied object's. */
export function withoutBody(request: RequestContext): RequestContext {
  const { body: _body, rawBody: _rawBody, ...rest } = request;
  return { ...rest, headers: {} };
}

export async function copyObject(
  s3: S3Context,
  input: CopyObjectCommandInput,
  request: RequestContext,
): Promise<Omit<CopyObjectCommandOutput, '$metadata'>> {
  const { store, world } = s3;
  const bucket = store.bucket(input.Bucket!);
  const key = input.Key!;
  assertKey(key);
  assertSupported(input);
  const source = readCopySource(s3, input);
  if (source.version.size > LARGEST_COPY) {
    throw invalidRequest(
      `The specified copy source is larger than the maximum allowable size for a copy source: ${LARGEST_COPY}`,
    );
  }
  const replace = input.MetadataDirective === 'REPLACE';
  if (
    source.bucket === bucket &&
    source.key === key &&
    !replace &&
    source.version === bucket.current(key) &&
    input.TaggingDirective !== 'REPLACE' &&
    input.ChecksumAlgorithm === undefined
  ) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const { headers, metadata } = replace
    ? {
        headers: describedHeaders(input as DescribingMembers, request),
        metadata: describedMetadata(input.Metadata),
      }
    : source.version;
  const tags = input.TaggingDirective === 'REPLACE' ? describedTags(input.Tagging) : source.version.tags;
  const before = bucket.current(key);

  // The copy is one piece, with a checksum over all of it, however its source was uploaded.
  const received = await receive(
    store.blobs,
    { Body: bytesOf(store.blobs, source.version) },
    withoutBody(request),
    {
      fallback: parseAlgorithm(input.ChecksumAlgorithm) ?? source.version.checksum?.algorithm ?? 'CRC64NVME',
    },
  );
  let version: Version;
  try {
    assertWritable(input, key, before, bucket.current(key));
    version = {
      versionId: store.nextVersionId(bucket),
      sequencer: store.nextSequencer(),
      modified: world.clock.now(),
      size: received.size,
      etag: received.md5,
      segments: [{ blob: received.blob, size: received.size }],
      headers,
      metadata,
      checksum: received.checksum,
      ...(tags === undefined ? {} : { tags }),
    };
    store.blobs.remove(bucket.add(key, version).freed);
  } catch (error) {
    store.blobs.remove([received.blob]);
    throw error;
  }
  publishCreated(s3, { bucket, key, version, request }, 'CopyObject');
  return {
    ...versionHeader(version),
    ...(source.version.versionId === NULL_VERSION ? {} : { CopySourceVersionId: source.version.versionId }),
    CopyObjectResult: {
      ETag: `"${version.etag}"`,
      LastModified: new Date(version.modified),
      ...checksumMembers(version.checksum),
    },
  };
}
