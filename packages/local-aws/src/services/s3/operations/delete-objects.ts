import type {
  DeleteObjectCommandInput,
  DeleteObjectCommandOutput,
  DeleteObjectsCommandInput,
  DeleteObjectsCommandOutput,
} from '@aws-sdk/client-s3';
import type { RequestContext } from '../../../service.ts';
import { ServiceError } from '../../../service.ts';
import { assertWritable } from '../conditions.ts';
import type { S3Context } from '../context.ts';
import { malformedXml } from '../errors.ts';
import { publishDeleted } from '../events.ts';
import { assertBody } from '../receive.ts';
import { versionHeader } from '../responses.ts';
import { type Bucket, blobsOf } from '../store/bucket.ts';
import type { Version } from '../store/records.ts';

/** S3's limit for one DeleteObjects. */
const LARGEST_BATCH = 1000;

export function deleteObject(
  s3: S3Context,
  input: DeleteObjectCommandInput,
  request: RequestContext,
): Omit<DeleteObjectCommandOutput, '$metadata'> {
  const bucket = s3.store.bucket(input.Bucket!);
  const current = bucket.current(input.Key!);
  if (input.IfMatch !== undefined) assertWritable({ IfMatch: input.IfMatch }, input.Key!, current, current);
  return deleteOne(s3, bucket, { key: input.Key!, versionId: input.VersionId }, request);
}

/** A missing key is a success, as in S3; each key's failure is its own. */
export function deleteObjects(
  s3: S3Context,
  input: DeleteObjectsCommandInput,
  request: RequestContext,
): Omit<DeleteObjectsCommandOutput, '$metadata'> {
  const bucket = s3.store.bucket(input.Bucket!);
  assertBody(request, true);
  const objects = input.Delete?.Objects ?? [];
  if (objects.length === 0 || objects.length > LARGEST_BATCH) throw malformedXml();
  const deleted: NonNullable<DeleteObjectsCommandOutput['Deleted']> = [];
  const errors: NonNullable<DeleteObjectsCommandOutput['Errors']> = [];
  for (const { Key: key = '', VersionId: versionId, ETag: etag } of objects) {
    try {
      const current = bucket.current(key);
      if (etag !== undefined) assertWritable({ IfMatch: etag }, key, current, current);
      const { DeleteMarker, VersionId } = deleteOne(s3, bucket, { key, versionId }, request);
      deleted.push({
        Key: key,
        ...(versionId === undefined ? {} : { VersionId: versionId }),
        ...(DeleteMarker ? { DeleteMarker, DeleteMarkerVersionId: VersionId ?? 'null' } : {}),
      });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      errors.push({ Key: key, Code: error.code, Message: error.message });
    }
  }
  return { ...(input.Delete?.Quiet ? {} : { Deleted: deleted }), Errors: errors };
}

function deleteOne(
  s3: S3Context,
  bucket: Bucket,
  { key, versionId }: { key: string; versionId: string | undefined },
  request: RequestContext,
): { DeleteMarker?: boolean; VersionId?: string } {
  const { store } = s3;
  if (versionId !== undefined) {
    const change = bucket.remove(key, versionId);
    if (change === undefined) return { VersionId: versionId };
    store.blobs.remove(change.freed);
    const removed = { ...change.version, sequencer: store.nextSequencer() };
    publishDeleted(s3, { bucket, key, version: removed, request }, 'Permanently Deleted');
    return { VersionId: versionId, ...(removed.deleteMarker ? { DeleteMarker: true } : {}) };
  }
  if (bucket.record.versioning === 'Off') {
    const current = bucket.current(key);
    if (current === undefined) return {};
    const change = bucket.remove(key, current.versionId);
    store.blobs.remove(change?.freed ?? blobsOf(current));
    const version = { ...current, sequencer: store.nextSequencer() };
    publishDeleted(s3, { bucket, key, version, request }, 'Permanently Deleted');
    return {};
  }
  const marker: Version = {
    versionId: store.nextVersionId(bucket),
    sequencer: store.nextSequencer(),
    modified: s3.world.clock.now(),
    deleteMarker: true,
    size: 0,
    etag: '',
    segments: [],
    headers: {},
    metadata: {},
  };
  store.blobs.remove(bucket.add(key, marker).freed);
  publishDeleted(s3, { bucket, key, version: marker, request }, 'Delete Marker Created');
  return {
    DeleteMarker: true,
    ...(versionHeader(marker).VersionId ? versionHeader(marker) : { VersionId: 'null' }),
  };
}
