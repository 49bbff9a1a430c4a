import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type AwsOptions, clientOptions } from './options.ts';

/** In a file of its own: loading the client takes 24 MB, and only some commands need it. */
export const sageMakerClient = (options: AwsOptions): SageMakerClient =>
  new SageMakerClient(clientOptions(options));
