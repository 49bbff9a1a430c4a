import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { sharedModelKey, sharedModelsPrefix } from '#core/keys.ts';
import { endpointConfigName, sharedEndpointName } from '#core/names.ts';
import type { Bucket } from '../aws/bucket.ts';
import type { Settings, SharedSettings } from '../aws/settings.ts';
import type { Tagged } from '../aws/tags.ts';
import { describeConfig, ensureEndpointConfig, productionVariant } from './endpoint-configs.ts';
import { type EndpointState, updateEndpoint } from './endpoints.ts';
import { ensureModel } from './models.ts';
import { putConfiguration } from './put-configuration.ts';

/** The stage's settings that the shared endpoint is made of. */
export type SharedEndpointSettings = SharedSettings &
  Pick<Settings, 'image' | 'roleArn' | 'endpointPrefix' | 'sharedInstanceType' | 'sharedInstanceCount'>;

export interface SharedEndpoint {
  bucket: Bucket;
  sagemaker: SageMakerClient;
  settings: SharedEndpointSettings;
}

/** Name of everything that belongs to the endpoint itself; no domain can have it. */
const OWN_NAME = '-shared';

/** It belongs to no domain, although a domain's promotion creates it. */
const ownedByAll = (promotion: Omit<Tagged, 'tags'>, tags: SharedSettings['tags']): Tagged => ({
  ...promotion,
  domain: OWN_NAME,
  tags,
});

/**
 * Puts a trained model where the shared endpoint finds it. Each deployment has a name of its own: SageMaker
 * keeps a model that it has loaded by its name, and would not look at a new file under an old one.
 *
 * @param targetModel as requests name it
 */
export function publishModel(bucket: Bucket, modelKey: string, targetModel: string): Promise<void> {
  return bucket.copy(modelKey, sharedModelKey(targetModel));
}

/**
 * SageMaker's model and endpoint configuration of the shared endpoint, created by the first promotion that
 * needs them. Their names are derived from their content, so a new image or another size gives new ones.
 *
 * @returns name of the configuration, and of the model
 */
export async function ensureSharedConfiguration(
  { bucket, sagemaker, settings }: SharedEndpoint,
  promotion: Omit<Tagged, 'tags'>,
): Promise<{ endpointConfig: string; modelName: string }> {
  const { image, roleArn, endpointPrefix, vpc, tags, sharedInstanceType, sharedInstanceCount } = settings;
  const subject = ownedByAll(promotion, tags);
  const modelDataUrl = bucket.uri(sharedModelsPrefix);
  const content = JSON.stringify({ image, modelDataUrl, vpc });
  const modelName = endpointConfigName(endpointPrefix, OWN_NAME, content);
  const variant = productionVariant(modelName, {
    type: 'instances',
    instanceType: sharedInstanceType,
    instanceCount: sharedInstanceCount,
  });
  const endpointConfig = endpointConfigName(endpointPrefix, OWN_NAME, JSON.stringify(variant));
  const mode = 'MultiModel' as const;
  await ensureModel(sagemaker, { ...subject, name: modelName, image, roleArn, modelDataUrl, vpc, mode });
  await ensureEndpointConfig(sagemaker, { ...subject, name: endpointConfig, variant });
  return { endpointConfig, modelName };
}

/**
 * Creates the shared endpoint, or moves it to this configuration, as its state allows. The number of
 * instances that autoscaling has set stays, unless the stage's own number has changed.
 *
 * @throws BusyError when a later attempt may succeed, DeploymentFailedError when not
 */
export async function requestSharedEndpoint(
  { sagemaker, settings }: SharedEndpoint,
  promotion: Omit<Tagged, 'tags'>,
  endpointConfig: string,
  state: EndpointState | undefined,
): Promise<void> {
  const endpoint = sharedEndpointName(settings.endpointPrefix);
  await putConfiguration(sagemaker, {
    subject: ownedByAll(promotion, settings.tags),
    endpoint,
    endpointConfig,
    state,
    async update(from) {
      const before = await describeConfig(sagemaker, from.endpointConfig);
      const newCount = before?.instances !== settings.sharedInstanceCount;
      await updateEndpoint(sagemaker, { endpoint, endpointConfig, keepVariantProperties: true, newCount });
    },
  });
}
