import * as z from 'zod';
import { readEnvironment } from '#core/environment.ts';
import { revokedKeysSchema } from '#core/signing-trust.ts';
import type { Tag } from './tags.ts';

const text = z.string().min(1);
const optionalText = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value));

/** Undefined leaves the logs as they are. */
const optionalDays = optionalText.transform((days) => (days === undefined ? days : Number(days)));

/** Comma separated. */
const list = z.string().default('').transform(itemsOf);

function itemsOf(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function readTags(value: string): Tag[] {
  return itemsOf(value).map((pair) => {
    const at = pair.indexOf('=');
    return { Key: pair.slice(0, at).trim(), Value: pair.slice(at + 1).trim() };
  });
}

/**
 * The Lambdas' settings, each with its environment variable. `serverless.yml` sets those that a function
 * reads.
 */
const known = {
  stage: ['GRAFT_STAGE', text],
  modelsBucket: ['GRAFT_MODELS_BUCKET', text],
  dataBucket: ['GRAFT_DATA_BUCKET', text],
  artifactsBucket: ['GRAFT_ARTIFACTS_BUCKET', text],
  /** Public keys of the on-prem agents whose models are accepted; none when the deployment has none yet. */
  publicKeys: ['GRAFT_SIGNING_PUBLIC_KEYS', list],
  /** Keys whose signatures count no longer, also where they are among `publicKeys`. */
  revokedKeys: ['GRAFT_REVOKED_SIGNING_KEYS', revokedKeysSchema.default([])],
  stateMachineArn: ['GRAFT_STATE_MACHINE_ARN', text],
  /** The container image that trains and serves. */
  image: ['GRAFT_TRAINING_IMAGE', text],
  /** The role on whose behalf SageMaker's jobs and models run. */
  roleArn: ['GRAFT_SAGEMAKER_ROLE_ARN', text],
  endpointPrefix: ['GRAFT_ENDPOINT_PREFIX', text],
  /** Of the endpoint that domains share. */
  sharedInstanceType: ['GRAFT_SHARED_INSTANCE_TYPE', z.string().min(1).default('ml.m5.large')],
  sharedInstanceCount: ['GRAFT_SHARED_INSTANCE_COUNT', z.coerce.number().int().min(1).default(1)],
  /** Of the transform jobs of batches. */
  batchInstanceType: ['GRAFT_BATCH_INSTANCE_TYPE', z.string().min(1).default('ml.m5.xlarge')],
  batchInstanceCount: ['GRAFT_BATCH_INSTANCE_COUNT', z.coerce.number().int().min(1).max(100).default(1)],
  topicArn: ['GRAFT_TOPIC_ARN', text],
  /** USD an hour by instance type, as JSON; empty for the list prices of `core/prices.ts`. */
  instancePrices: ['GRAFT_INSTANCE_PRICES', z.string().default('')],
  /** Days that the logs of endpoints are kept. */
  logDays: ['GRAFT_LOG_DAYS', z.coerce.number().int().min(1).default(30)],
  /** Days that the logs of training jobs are kept; undefined leaves them as they are. */
  trainingLogDays: ['GRAFT_TRAINING_LOG_DAYS', optionalDays],
  /** The same of batches. */
  batchLogDays: ['GRAFT_BATCH_LOG_DAYS', optionalDays],
  /** Tags of everything that promotions create, besides Graft's own tags: `team=vision,cost-center=42`. */
  ownTags: ['GRAFT_TAGS', z.string().default('').transform(readTags)],
  /** Id of the API key that the deployment makes; empty where callers are let in by IAM. */
  firstApiKeyId: ['GRAFT_FIRST_API_KEY_ID', z.string().default('')],
  /** Web pages of this origin may call the REST API; `*` for all, undefined for none. */
  apiOrigin: ['GRAFT_API_ORIGIN', optionalText],
  /** Key of the buckets, for what SageMaker writes into them; undefined for S3's own. */
  kmsKeyArn: ['GRAFT_KMS_KEY_ARN', optionalText],
  /** Subnets and security groups of jobs and models; none for AWS's own network. */
  subnetIds: ['GRAFT_SUBNET_IDS', list],
  securityGroupIds: ['GRAFT_SECURITY_GROUP_IDS', list],
  /** Promotions of a domain, and versions of a general model, whose files the clean-up keeps. */
  keptPromotions: ['GRAFT_KEPT_PROMOTIONS', z.coerce.number().int().min(1).default(5)],
  /** Endpoint configurations of a domain that the clean-up keeps. */
  keptConfigurations: ['GRAFT_KEPT_CONFIGURATIONS', z.coerce.number().int().min(1).default(5)],
} as const satisfies Record<string, readonly [variable: string, schema: z.ZodType]>;
export type Settings = { [Name in keyof typeof known]: z.output<(typeof known)[Name][1]> };

/** Settings of the functions that start training jobs. */
export type TrainingSettings = SharedSettings &
  Pick<Settings, 'modelsBucket' | 'dataBucket' | 'artifactsBucket' | 'image' | 'roleArn' | 'kmsKeyArn'>;

/** What jobs, models and endpoints of a deployment have in common. */
export interface SharedSettings {
  /** Undefined for AWS's own network. */
  vpc: Vpc | undefined;
  tags: readonly Tag[];
}

/** The deployment's own network, in SageMaker's form. */
export interface Vpc {
  Subnets: string[];
  SecurityGroupIds: string[];
}

/** @throws InvalidInputError that lists the variables of all settings that are missing */
export function readSettings<Name extends keyof Settings>(...names: Name[]): Pick<Settings, Name> {
  const values = readEnvironment(z.object(Object.fromEntries(names.map((name) => known[name]))));
  return Object.fromEntries(names.map((name) => [name, values[known[name][0]]])) as Pick<Settings, Name>;
}

export function readTrainingSettings(): TrainingSettings {
  return {
    ...readSettings('modelsBucket', 'dataBucket', 'artifactsBucket', 'image', 'roleArn', 'kmsKeyArn'),
    ...readSharedSettings(),
  };
}

export function readSharedSettings(): SharedSettings {
  const settings = readSettings('stage', 'ownTags', 'subnetIds', 'securityGroupIds');
  const vpc = { Subnets: settings.subnetIds, SecurityGroupIds: settings.securityGroupIds };
  return {
    vpc: vpc.Subnets.length === 0 ? undefined : vpc,
    tags: [{ Key: 'graft:stage', Value: settings.stage }, ...settings.ownTags],
  };
}
