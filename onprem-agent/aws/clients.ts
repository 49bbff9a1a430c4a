import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SFNClient } from '@aws-sdk/client-sfn';
import { STSClient } from '@aws-sdk/client-sts';
import { type AwsOptions, clientOptions } from './options.ts';

export function cloudFormationClient(options: AwsOptions): CloudFormationClient {
  return new CloudFormationClient(clientOptions(options));
}

export function stepFunctionsClient(options: AwsOptions): SFNClient {
  return new SFNClient(clientOptions(options));
}

export function stsClient(options: AwsOptions): STSClient {
  return new STSClient(clientOptions(options));
}
