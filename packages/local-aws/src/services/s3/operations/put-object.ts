import type { PutObjectCommandInput, PutObjectCommandOutput } from '@aws-sdk/client-s3';
import type { RequestContext } from '../../../service.ts';
import { checksumMember } from '../checksums/algorithms.ts';
import { assertSupported, assertWritable } from '../conditions.ts';
import type { S3Context } from '../context.ts';
import { publishCreated } from '../events.ts';
import {
  assertKey,
  type DescribingMembers,
  describedHeaders,
  describedMetadata,
  describedTags,
} from '../object-headers.ts';
import { type BodyMembers, receive } from '../receive.ts';
import { versionHeader } from '../responses.ts';
import type { Version } from '../store/records.ts';

/**
 * Streams the body to disk, then commits in one synchronous step: conditions, version, record on disk, event.
 * Before that step no request sees the object.
 */
export async function putObject(
  s3: S3Context,
  input: PutObjectCommandInput,
  request: RequestContext,
): Promise<Omit<PutObjectCommandOutput, '$metadata'>> {
  const { store, world } = s3;
  const bucket = store.bucket(input.Bucket!);
  const key = input.Key!;
  assertKey(key);
  assertSupported(input);
  const headers = describedHeaders(input as DescribingMembers, request);
  const metadata = describedMetadata(input.Metadata);
  const tags = describedTags(input.Tagging);
  const before = bucket.current(key);

  const received = await receive(store.blobs, input as BodyMembers, request, {
    fallback: 'CRC64NVME',
  });

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
  publishCreated(s3, { bucket, key, version, request }, 'PutObject');
  return {
    ETag: `"${version.etag}"`,
    ...versionHeader(version),
    [checksumMember(received.checksum.algorithm)]: received.checksum.value,
    ChecksumType: 'FULL_OBJECT',
  };
}
