import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SFNClient } from '@aws-sdk/client-sfn';

/** Only what the command line says; everything else is left to the SDK's standard chain. */
export interface AwsOptions {
  region?: string | undefined;
  endpointUrl?: string | undefined;
}

/**
 * S3, with the bucket in the path where a custom endpoint is set: `bucket.localhost` resolves nowhere.
 *
 * @param environment read only to see whether a custom endpoint is set
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

function clientOptions({ region, endpointUrl }: AwsOptions) {
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
  };
}
