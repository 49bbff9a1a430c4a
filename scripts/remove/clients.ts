import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SFNClient } from '@aws-sdk/client-sfn';
import { s3ClientOf } from '../s3-client.ts';

export interface Clients {
  states: SFNClient;
  sagemaker: SageMakerClient;
  cloudwatch: CloudWatchClient;
  logs: CloudWatchLogsClient;
  s3: S3Client;
}

/**
 * Clients of one region. AWS throttles hundreds of deletions in a row, so the clients try more often than
 * usual.
 */
export function clientsOf(region: string): Clients {
  const configuration = { region, maxAttempts: 10 };
  return {
    states: new SFNClient(configuration),
    sagemaker: new SageMakerClient(configuration),
    cloudwatch: new CloudWatchClient(configuration),
    logs: new CloudWatchLogsClient(configuration),
    s3: s3ClientOf(configuration),
  };
}
