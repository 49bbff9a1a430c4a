import { z } from 'zod';
import { readEnvironment } from '#core/environment.ts';
import type { TrainingSettings } from '../training/training-jobs.ts';
import type { Tag } from './tags.ts';

const text = z.string().min(1);

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

/** The Lambdas' settings; `serverless.yml` gives each function those that it asks for. */
const settingsSchema = z.object({
  GRAFT_STAGE: text,
  GRAFT_MODELS_BUCKET: text,
  GRAFT_DATA_BUCKET: text,
  GRAFT_ARTIFACTS_BUCKET: text,
  /** Public keys of the on-prem agents whose models are accepted; none when the deployment has none yet. */
  GRAFT_SIGNING_PUBLIC_KEYS: list,
  GRAFT_STATE_MACHINE_ARN: text,
  GRAFT_TRAINING_IMAGE: text,
  GRAFT_SAGEMAKER_ROLE_ARN: text,
  GRAFT_ENDPOINT_PREFIX: text,
  GRAFT_TOPIC_ARN: text,
  /** USD an hour by instance type, as JSON; empty for the list prices of `core/prices.ts`. */
  GRAFT_INSTANCE_PRICES: z.string().default(''),
  /** Days that the logs of endpoints are kept; and of training jobs, nothing to leave them as they are. */
  GRAFT_LOG_DAYS: z.coerce.number().int().min(1).default(30),
  GRAFT_TRAINING_LOG_DAYS: z
    .string()
    .default('')
    .transform((days) => (days === '' ? undefined : Number(days))),
  /** On everything that promotions create, beside Graft's own: `team=vision,cost-center=42`. */
  GRAFT_TAGS: z.string().default('').transform(readTags),
  /** Key of the buckets, for what SageMaker writes into them; nothing for S3's own. */
  GRAFT_KMS_KEY_ARN: z
    .string()
    .default('')
    .transform((arn) => (arn === '' ? undefined : arn)),
  /** Subnets and security groups of jobs and models; none for AWS's own network. */
  GRAFT_SUBNET_IDS: list,
  GRAFT_SECURITY_GROUP_IDS: list,
  GRAFT_KEPT_PROMOTIONS: z.coerce.number().int().min(1).default(5),
  GRAFT_KEPT_CONFIGURATIONS: z.coerce.number().int().min(1).default(5),
});
type Settings = z.output<typeof settingsSchema>;

/** A network of the deployment's own, as SageMaker takes it. */
export interface Vpc {
  Subnets: string[];
  SecurityGroupIds: string[];
}

/** @throws InvalidInputError that lists every one of these which is not set */
export function readSettings<Name extends keyof Settings>(...names: Name[]): Pick<Settings, Name> {
  const shape = Object.fromEntries(names.map((name) => [name, settingsSchema.shape[name]]));
  return readEnvironment(z.object(shape)) as unknown as Pick<Settings, Name>;
}

/** Settings of the functions that start training jobs. */
export function readTrainingSettings(): TrainingSettings {
  const settings = readSettings(
    'GRAFT_MODELS_BUCKET',
    'GRAFT_DATA_BUCKET',
    'GRAFT_ARTIFACTS_BUCKET',
    'GRAFT_TRAINING_IMAGE',
    'GRAFT_SAGEMAKER_ROLE_ARN',
    'GRAFT_KMS_KEY_ARN',
  );
  return {
    modelsBucket: settings.GRAFT_MODELS_BUCKET,
    dataBucket: settings.GRAFT_DATA_BUCKET,
    artifactsBucket: settings.GRAFT_ARTIFACTS_BUCKET,
    image: settings.GRAFT_TRAINING_IMAGE,
    roleArn: settings.GRAFT_SAGEMAKER_ROLE_ARN,
    kmsKeyArn: settings.GRAFT_KMS_KEY_ARN,
    ...readSharedSettings(),
  };
}

/** What jobs, models and endpoints of a deployment have in common. */
export function readSharedSettings(): { vpc: Vpc | undefined; tags: Tag[] } {
  const settings = readSettings('GRAFT_STAGE', 'GRAFT_TAGS', 'GRAFT_SUBNET_IDS', 'GRAFT_SECURITY_GROUP_IDS');
  const Subnets = settings.GRAFT_SUBNET_IDS;
  const vpc = { Subnets, SecurityGroupIds: settings.GRAFT_SECURITY_GROUP_IDS };
  return {
    vpc: Subnets.length === 0 ? undefined : vpc,
    tags: [{ Key: 'graft:stage', Value: settings.GRAFT_STAGE }, ...settings.GRAFT_TAGS],
  };
}
