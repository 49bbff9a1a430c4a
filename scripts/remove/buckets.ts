import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { GraftError } from '#core/errors.ts';
import { ignoreMissing } from './missing.ts';
import type { Part } from './part.ts';

/**
 * The buckets that the stack keeps when it is deleted: models, data and artifacts of this account and region.
 */
export function bucketsPart(s3: S3Client, prefix: string, account: string, region: string): Part {
  const kept = new Set(
    ['models', 'data', 'artifacts'].map((what) => `${prefix}${what}-${account}-${region}`),
  );
  return {
    title: 'Buckets, with every version of every object',
    async list() {
      const { Buckets } = await s3.send(new ListBucketsCommand({}));
      return (Buckets ?? []).map(({ Name }) => Name!).filter((name) => kept.has(name));
    },
    remove: (Bucket) =>
      ignoreMissing(async () => {
        await abortUploads(s3, Bucket);
        await deleteVersions(s3, Bucket);
        await s3.send(new DeleteBucketCommand({ Bucket }));
      }),
  };
}

/** Versions and delete markers, a page of at most 1,000 at a time. One deletion takes as many. */
async function deleteVersions(s3: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    // Always the first page: the objects of the last one are deleted.
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key: Key!, VersionId }));
    if (Objects.length === 0) return;
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
    );
    const [first] = Errors;
    if (first !== undefined) {
      throw new GraftError('StepFailed', `${first.Key} of ${Bucket} cannot be deleted: ${first.Message}`);
    }
  }
}

async function abortUploads(s3: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    if (Uploads.length === 0) return;
    for (const { Key, UploadId } of Uploads) {
      await ignoreMissing(async () => {
        await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      });
    }
  }
}
