import { z } from 'zod';
import { readEnvironment } from '#core/environment.ts';
import type { TrainingSettings } from './training-jobs.ts';

const text = z.string().min(1);

/** The Lambdas' settings; `serverless.yml` gives each function those that it asks for. */
const settingsSchema = z.object({
  GRAFT_STAGE: text,
  GRAFT_MODELS_BUCKET: text,
  GRAFT_DATA_BUCKET: text,
  GRAFT_ARTIFACTS_BUCKET: text,
  /** Public keys of the on-prem agents whose models are accepted; none when the deployment has none yet. */
  GRAFT_SIGNING_PUBLIC_KEYS: z
    .string()
    .default('')
    .transform((keys) =>
      keys
        .split(',')
        .map((key) => key.trim())
        .filter((key) => key !== ''),
    ),
  GRAFT_STATE_MACHINE_ARN: text,
  GRAFT_TRAINING_IMAGE: text,
  GRAFT_SAGEMAKER_ROLE_ARN: text,
  GRAFT_ENDPOINT_PREFIX: text,
  GRAFT_TOPIC_ARN: text,
  /** USD an hour by instance type, as JSON; empty for the list prices of `core/prices.ts`. */
  GRAFT_INSTANCE_PRICES: z.string().default(''),
  GRAFT_KEPT_PROMOTIONS: z.coerce.number().int().min(1).default(5),
  GRAFT_KEPT_CONFIGURATIONS: z.coerce.number().int().min(1).default(5),
});
type Settings = z.output<typeof settingsSchema>;

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
  );
  return {
    modelsBucket: settings.GRAFT_MODELS_BUCKET,
    dataBucket: settings.GRAFT_DATA_BUCKET,
    artifactsBucket: settings.GRAFT_ARTIFACTS_BUCKET,
    image: settings.GRAFT_TRAINING_IMAGE,
    roleArn: settings.GRAFT_SAGEMAKER_ROLE_ARN,
  };
}
