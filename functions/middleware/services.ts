import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { Bucket } from '#cloud/aws/bucket.ts';
import type { Settings, SharedSettings } from '#cloud/aws/settings.ts';
import type { PromotionStore } from '#cloud/records/promotion-store.ts';

/** Everything that a function may need from outside. */
export interface AllServices {
  /** The artifacts bucket with the records of all promotions. */
  store: PromotionStore;
  /** Bucket of the general models. */
  models: Bucket;
  /** Bucket of the domains' images. */
  data: Bucket;
  sagemaker: SageMakerClient;
  /** Invokes endpoints. */
  runtime: SageMakerRuntimeClient;
  sfn: SFNClient;
  sns: SNSClient;
  cloudwatch: CloudWatchClient;
  logs: CloudWatchLogsClient;
  /** Milliseconds since 1970. */
  now: () => number;
}

export type AllSettings = Settings & SharedSettings;

/**
 * What one function takes: some of the services, and some of the deployment's settings. Each file in
 * `functions/` has a `create…` that takes this and returns the function; its handler makes them from the
 * environment, and tests make them from a local S3 and recording clients.
 */
export type Services<Name extends keyof AllServices, Setting extends keyof AllSettings = never> = Pick<
  AllServices,
  Name
> &
  ([Setting] extends [never] ? unknown : { settings: Pick<AllSettings, Setting> });
