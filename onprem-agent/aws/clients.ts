import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SFNClient } from '@aws-sdk/client-sfn';
import { STSClient } from '@aws-sdk/client-sts';

/** Region and endpoint of the command line. Everything else comes from the SDK's standard chain. */
export interface AwsOptions {
  region?: string | undefined;
  endpointUrl?: string | undefined;
}

/**
 * A client of S3. With a custom endpoint, the bucket stands in the path: `bucket.localhost` has no address.
 *
 * @param environment tells whether a custom endpoint is set
 */
export function s3Client(options: AwsOptions, environment: NodeJS.ProcessEnv): S3Client {
  const custom = options.endpointUrl ?? environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  return new S3Client({ ...clientOptions(options), forcePathStyle: custom !== undefined && custom !== '' });
}

export function cloudFormationClient(options: AwsOptions): CloudFormationClient {
  return new CloudFormationClient(clientOptions(options));
}

export function stepFunctionsClient(options: AwsOptions): SFNClient {
  return new SFNClient(clientOptions(options));
}

export function sageMakerClient(options: AwsOptions): SageMakerClient {
  return new SageMakerClient(clientOptions(options));
}

export function stsClient(options: AwsOptions): STSClient {
  return new STSClient(clientOptions(options));
}

function clientOptions({ region, endpointUrl }: AwsOptions) {
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
  };
}
