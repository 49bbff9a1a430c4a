import type { RequestContext } from '../../service.ts';
import type { S3Context } from './context.ts';
import type { Bucket } from './store/bucket.ts';
import { NULL_VERSION, type Version } from './store/records.ts';

/** An object that a request has changed. */
export interface ChangedObject {
  bucket: Bucket;
  key: string;
  version: Version;
  request: RequestContext;
}

type CreationReason = 'PutObject' | 'CompleteMultipartUpload' | 'CopyObject';

/**
 * Publishes `Object Created` if the bucket sends its events to EventBridge. The form is that of "EventBridge
 * event message structure", S3 user guide; unlike in S3's own notifications, the key is not URL-encoded.
 */
export function publishCreated(s3: S3Context, changed: ChangedObject, reason: CreationReason): void {
  const { key, version } = changed;
  publish(s3, changed, 'Object Created', {
    object: {
      key,
      size: version.size,
      etag: version.etag,
      ...versionOf(version),
      sequencer: version.sequencer,
    },
    reason,
  });
}

/** Publishes `Object Deleted`, for a delete marker too. */
export function publishDeleted(
  s3: S3Context,
  changed: ChangedObject,
  deletion: 'Permanently Deleted' | 'Delete Marker Created',
): void {
  const { key, version } = changed;
  publish(s3, changed, 'Object Deleted', {
    object: {
      key,
      ...(version.etag === '' ? {} : { etag: version.etag }),
      ...versionOf(version),
      sequencer: version.sequencer,
    },
    reason: 'DeleteObject',
    'deletion-type': deletion,
  });
}

const versionOf = ({ versionId }: Version) => (versionId === NULL_VERSION ? {} : { 'version-id': versionId });

function publish(
  { world }: S3Context,
  { bucket, request }: ChangedObject,
  type: 'Object Created' | 'Object Deleted',
  { object, ...rest }: { object: object; reason: string } & Record<string, unknown>,
): void {
  if (!bucket.record.eventBridge) return;
  world.publish({
    source: 'aws.s3',
    'detail-type': type,
    resources: [`arn:aws:s3:::${bucket.record.name}`],
    detail: {
      version: '0',
      bucket: { name: bucket.record.name },
      object,
      'request-id': request.requestId,
      requester: world.accountId,
      'source-ip-address': '127.0.0.1',
      ...rest,
    },
  });
}
