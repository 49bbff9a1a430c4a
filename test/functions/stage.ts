import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createS3 } from '../../packages/local-aws/src/services/s3/index.ts';
import { startLocal } from '../../packages/local-aws/test/harness.ts';

export const buckets = { models: 'models', data: 'data', artifacts: 'artifacts' };
export type Stage = Awaited<ReturnType<typeof startStage>>;

/** The three buckets in a local S3 that real clients talk to over HTTP. */
export async function startStage() {
  const local = await startLocal({ services: [createS3] });
  const s3 = local.client(S3Client);
  for (const Bucket of Object.values(buckets)) await s3.send(new CreateBucketCommand({ Bucket }));
  return {
    s3,
    async put(bucket: string, key: string, body: string | Uint8Array | object) {
      const Body = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
    },
    /** Parsed JSON, or undefined when there is no such object. */
    async json(bucket: string, key: string) {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return JSON.parse(await Body!.transformToString());
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return undefined;
        throw error;
      }
    },
    async remove(bucket: string, key: string) {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
    stop: () => local.stop(),
  };
}

/** S3 tells times in whole seconds. */
export async function aSecondLater() {
  const second = Math.floor(Date.now() / 1000);
  while (Math.floor(Date.now() / 1000) === second) await new Promise((resolve) => setImmediate(resolve));
}
