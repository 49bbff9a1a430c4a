import { defineService } from '../../define-service.ts';
import type { S3Context } from './context.ts';
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  getBucketNotificationConfiguration,
  getBucketVersioning,
  headBucket,
  listBuckets,
  putBucketNotificationConfiguration,
  putBucketVersioning,
} from './operations/buckets.ts';
import { completeMultipartUpload } from './operations/complete-multipart.ts';
import { copyObject } from './operations/copy-object.ts';
import { deleteObject, deleteObjects } from './operations/delete-objects.ts';
import { getObject, headObject } from './operations/get-object.ts';
import { listObjects, listObjectsV2 } from './operations/list-objects.ts';
import { listMultipartUploads, listParts } from './operations/list-uploads.ts';
import { listObjectVersions } from './operations/list-versions.ts';
import {
  abortMultipartUpload,
  createMultipartUpload,
  uploadPart,
  uploadPartCopy,
} from './operations/multipart.ts';
import { getObjectAttributes } from './operations/object-attributes.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './operations/object-tagging.ts';
import { putObject } from './operations/put-object.ts';
import { permissions } from './permissions.ts';
import { postObject } from './post-object.ts';
import { checkRequest } from './request-checks.ts';
import { bucketPolicyResource, bucketResource } from './resources.ts';
import { schemas } from './schemas.ts';
import { S3Store } from './store/s3-store.ts';
import { pathOfHost } from './virtual-host.ts';

/** S3: buckets, objects, versions, multipart uploads, events to EventBridge. */
export const createS3 = defineService<S3Context>({
  signingName: 's3',
  protocol: 'rest-xml',
  schemas,
  isDefault: true,
  pathOfHost,
  xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
  validationCode: 'InvalidRequest',
  responseHeaders: (id) => ({ 'x-amz-request-id': id, 'x-amz-id-2': 'local', server: 'AmazonS3' }),
  permissions,
  createContext: (world) => ({ world, store: new S3Store(world.folder('s3'), world.clock) }),
  checkInput: ({ world }, input) => checkRequest(input, world.accountId),
  operations: {
    AbortMultipartUpload: abortMultipartUpload,
    CompleteMultipartUpload: completeMultipartUpload,
    CopyObject: copyObject,
    CreateBucket: createBucket,
    CreateMultipartUpload: createMultipartUpload,
    DeleteBucket: deleteBucket,
    DeleteObject: deleteObject,
    DeleteObjectTagging: deleteObjectTagging,
    DeleteObjects: deleteObjects,
    GetBucketLocation: getBucketLocation,
    GetBucketNotificationConfiguration: getBucketNotificationConfiguration,
    GetBucketVersioning: getBucketVersioning,
    GetObject: getObject,
    GetObjectAttributes: getObjectAttributes,
    GetObjectTagging: getObjectTagging,
    HeadBucket: headBucket,
    HeadObject: headObject,
    ListBuckets: listBuckets,
    ListMultipartUploads: listMultipartUploads,
    ListObjectVersions: listObjectVersions,
    ListObjects: listObjects,
    ListObjectsV2: listObjectsV2,
    ListParts: listParts,
    PutBucketNotificationConfiguration: putBucketNotificationConfiguration,
    PutBucketVersioning: putBucketVersioning,
    PutObject: putObject,
    PutObjectTagging: putObjectTagging,
    UploadPart: uploadPart,
    UploadPartCopy: uploadPartCopy,
  },
  postForm: postObject,
  resources: (s3) => ({
    'AWS::S3::Bucket': bucketResource(s3),
    'AWS::S3::BucketPolicy': bucketPolicyResource(s3),
  }),
});
