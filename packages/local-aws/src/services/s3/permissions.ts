import type { Permission, Permissions } from '../../operation-permissions.ts';

// biome-ignore lint/suspicious/noExplicitAny: the input's shape depends on the operation
type Input = any;

/** Operations on a bucket whose action has another name. */
const BUCKET_ACTIONS: Record<string, string> = {
  HeadBucket: 's3:ListBucket',
  ListObjects: 's3:ListBucket',
  ListObjectsV2: 's3:ListBucket',
  ListObjectVersions: 's3:ListBucketVersions',
  ListMultipartUploads: 's3:ListBucketMultipartUploads',
  GetBucketNotificationConfiguration: 's3:GetBucketNotification',
  PutBucketNotificationConfiguration: 's3:PutBucketNotification',
  GetBucketEncryption: 's3:GetEncryptionConfiguration',
  GetPublicAccessBlock: 's3:GetBucketPublicAccessBlock',
  GetBucketLifecycleConfiguration: 's3:GetLifecycleConfiguration',
};

/** Operations on an object whose action has another name. */
const OBJECT_ACTIONS: Record<string, string> = {
  HeadObject: 's3:GetObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  UploadPartCopy: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  CopyObject: 's3:PutObject',
  ListParts: 's3:ListMultipartUploadParts',
};

/** Actions that are another one when a version is asked for. */
const OF_VERSION: Record<string, string> = {
  's3:GetObject': 's3:GetObjectVersion',
  's3:DeleteObject': 's3:DeleteObjectVersion',
  's3:GetObjectTagging': 's3:GetObjectVersionTagging',
  's3:PutObjectTagging': 's3:PutObjectVersionTagging',
  's3:DeleteObjectTagging': 's3:DeleteObjectVersionTagging',
  's3:GetObjectAttributes': 's3:GetObjectVersionAttributes',
};

/** S3 tells a role that may not list the bucket `AccessDenied`, not whether an object is there. */
const HIDES_MISSING = new Set(['GetObject', 'HeadObject', 'CopyObject']);

/** What S3's operations need, from "Required permissions for Amazon S3 API operations". */
export const permissions: Permissions = (operation, input) => {
  if (operation === 'ListBuckets') return [{ action: 's3:ListAllMyBuckets', resource: '*' }];
  const bucket = `arn:aws:s3:::${input.Bucket}`;
  if (operation === 'DeleteObjects') {
    return (input.Delete.Objects as { Key: string; VersionId?: string }[]).map(({ Key, VersionId }) =>
      onObject('s3:DeleteObject', `${bucket}/${Key}`, VersionId),
    );
  }
  if (input.Key === undefined) {
    return [
      {
        action: BUCKET_ACTIONS[operation] ?? `s3:${operation}`,
        resource: bucket,
        context: listContext(input),
      },
    ];
  }
  const object = `${bucket}/${input.Key}`;
  const needed = [onObject(OBJECT_ACTIONS[operation] ?? `s3:${operation}`, object, input.VersionId)];
  if (operation === 'GetObjectAttributes') needed.push(onObject('s3:GetObject', object, input.VersionId));
  if (operation !== 'PutObjectTagging' && input.Tagging !== undefined) {
    needed.push({ action: 's3:PutObjectTagging', resource: object });
  }
  if (input.CopySource !== undefined) needed.push(copySource(String(input.CopySource)));
  if (HIDES_MISSING.has(operation)) {
    needed.push({ action: 's3:ListBucket', resource: bucket, hides: ['NoSuchKey', 'NotFound'] });
  }
  return needed;
};

function onObject(action: string, resource: string, version: string | undefined): Permission {
  return { action: version === undefined ? action : (OF_VERSION[action] ?? action), resource };
}

function listContext(input: Input): Record<string, string> {
  const context: Record<string, string> = {};
  if (input.Prefix !== undefined) context['s3:prefix'] = input.Prefix;
  if (input.Delimiter !== undefined) context['s3:delimiter'] = input.Delimiter;
  if (input.MaxKeys !== undefined) context['s3:max-keys'] = String(input.MaxKeys);
  return context;
}

/** `[/]bucket/key[?versionId=…]`, percent-encoded. */
function copySource(source: string): Permission {
  const [path = '', version] = source.replace(/^\//, '').split('?versionId=');
  return onObject('s3:GetObject', `arn:aws:s3:::${decodeURIComponent(path)}`, version);
}
