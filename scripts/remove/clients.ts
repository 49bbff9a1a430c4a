import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SFNClient } from '@aws-sdk/client-sfn';

export interface Clients {
  states: SFNClient;
  sagemaker: SageMakerClient;
  cloudwatch: CloudWatchClient;
  logs: CloudWatchLogsClient;
  s3: S3Client;
}

/** Clients of one region. Hundreds of deletions in a row are throttled now and then, so they try more often than usual. */
export function clientsOf(region: string): Clients {
  const configuration = { region, maxAttempts: 10 };
  // With an endpoint of one's own, buckets stand in the path: `<bucket>.127.0.0.1` is no host name.
  const ownEndpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL ?? '';
  return {
    states: new SFNClient(configuration),
    sagemaker: new SageMakerClient(configuration),
    cloudwatch: new CloudWatchClient(configuration),
    logs: new CloudWatchLogsClient(configuration),
    s3: new S3Client({ ...configuration, forcePathStyle: ownEndpoint !== '' }),
  };
}
