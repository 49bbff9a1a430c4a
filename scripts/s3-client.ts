import { S3Client } from '@aws-sdk/client-s3';

/** With a custom endpoint, the bucket stands in the path: `<bucket>.127.0.0.1` is no host name. */
export function s3ClientOf(configuration: { region: string; maxAttempts?: number }): S3Client {
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL ?? '';
  return new S3Client({ ...configuration, forcePathStyle: endpoint !== '' });
}
