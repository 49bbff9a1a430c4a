import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { Bucket } from '#cloud/aws/bucket.ts';
import type { PromotionStore } from '#cloud/records/promotion-store.ts';
import type { SigningTrust } from '#core/signing-trust.ts';
import type { Session } from '../contracts/session.ts';
import type { Agent } from './agents.ts';
import type { LocalModels } from './local-models.ts';

/** What the console reads and acts through: the operator's own clients, and the names of one deployment. */
export interface ConsoleServices {
  store: PromotionStore;
  models: Bucket;
  data: Bucket;
  sfn: SFNClient;
  sagemaker: SageMakerClient;
  runtime: SageMakerRuntimeClient;
  cloudwatch: CloudWatchClient;
  logs: CloudWatchLogsClient;
  stateMachineArn: string;
  /** Which signatures of general models the deployment accepts; undefined where it does not say. */
  trust: SigningTrust | undefined;
  /** With which the deployment's names in SageMaker begin: the stack's name. */
  prefix: string;
  session: Session;
  /** Models that run on this machine. */
  localModels: LocalModels;
  /** Whose uploads are shown. */
  agents: readonly Agent[];
  /** Milliseconds between two looks at something that runs. */
  lookMs: number;
  now(): number;
  /** Says of an error of AWS what a person can do about it. */
  explain(error: unknown, action: string): Error;
}
