import type { S3Client } from '@aws-sdk/client-s3';
import { checkpointsPrefix } from '#core/keys.ts';
import { deleteObject, listObjects } from '../aws/objects.ts';

/** Removes what a promotion's spot jobs have kept for the case of an interruption. */
export async function removeCheckpoints(
  s3: S3Client,
  artifactsBucket: string,
  { execution, domain }: { execution: string; domain: string },
): Promise<void> {
  for await (const { key } of listObjects(s3, artifactsBucket, checkpointsPrefix(execution, domain))) {
    await deleteObject(s3, artifactsBucket, key);
  }
}
