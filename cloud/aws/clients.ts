import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import * as z from 'zod';
import { readEnvironment } from '#core/environment.ts';

const endpointEnvironment = z.object({
  AWS_ENDPOINT_URL: z.string().optional(),
  AWS_ENDPOINT_URL_S3: z.string().optional(),
});

/**
 * Six attempts with the SDK's exponential backoff, about ten seconds in all. After that a state's `Retry`
 * takes over.
 */
const retries = { maxAttempts: 6, retryMode: 'standard' } as const;

/**
 * A client for S3. Credentials, region and endpoint come from the standard places of the AWS SDK. With
 * another endpoint than AWS's, the bucket is part of the path, since `<bucket>.127.0.0.1` is no host name.
 */
export function s3Client(): S3Client {
  const environment = readEnvironment(endpointEnvironment);
  const endpoint = environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  return new S3Client({ ...retries, forcePathStyle: endpoint !== undefined && endpoint !== '' });
}

export function sageMakerClient(): SageMakerClient {
  return new SageMakerClient(retries);
}

/**
 * For `InvokeEndpoint`, over connections that stay open. The caller waits for the answer, so a failed call is
 * repeated once at most.
 *
 * @param maxAttempts 1 where the caller's code says what is tried again
 */
export function sageMakerRuntimeClient(maxAttempts = 2): SageMakerRuntimeClient {
  // A connection that cannot be made should fail while there is time for another.
  const requestHandler = { connectionTimeout: 3_000 };
  return new SageMakerRuntimeClient({ maxAttempts, retryMode: 'standard', requestHandler });
}

export function stepFunctionsClient(): SFNClient {
  return new SFNClient(retries);
}

export function snsClient(): SNSClient {
  return new SNSClient(retries);
}

export function cloudWatchLogsClient(): CloudWatchLogsClient {
  return new CloudWatchLogsClient(retries);
}

export function cloudWatchClient(): CloudWatchClient {
  return new CloudWatchClient(retries);
}
