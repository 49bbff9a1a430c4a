import { ServiceError } from '../../../service.ts';
import type { SageMakerContext } from '../context.ts';
import { validation } from '../errors.ts';
import { parseS3Uri } from '../s3-files.ts';

/**
 * As SageMaker does, refuses a job whose input has nothing in it.
 *
 * @param roleArn whose permissions count
 * @throws ServiceError ValidationException
 */
export async function assertObjects(
  { world }: SageMakerContext,
  uri: string,
  roleArn: string,
): Promise<void> {
  const { bucket, key } = parseS3Uri(uri);
  let found = false;
  try {
    const page = (await world.call(
      's3',
      'ListObjectsV2',
      { Bucket: bucket, Prefix: key, MaxKeys: 1 },
      { roleArn },
    )) as { KeyCount?: number };
    found = (page.KeyCount ?? 0) > 0;
  } catch (error) {
    if (!(error instanceof ServiceError) || error.statusCode >= 500) throw error;
    world.log.debug({ err: error, uri }, 'an input cannot be listed');
  }
  if (!found) {
    throw validation(
      `No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the bucket exists in the selected region (${world.region}), that objects exist under that S3 prefix, and that the role "${roleArn}" has "s3:ListBucket" permissions on bucket "${bucket}".`,
    );
  }
}
