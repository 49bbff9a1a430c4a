import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { sharedModelKey } from '#core/keys.ts';
import { deleteEndpointConfig } from '../endpoints/endpoint-configs.ts';
import { describeEndpoint } from '../endpoints/endpoints.ts';
import { deleteModel } from '../endpoints/models.ts';
import { deleteAlarms } from '../endpoints/rollouts.ts';
import type { Configuration } from '../records/configurations.ts';
import type { PromotionStore } from '../records/promotion-store.ts';

export interface CleanUpServices {
  store: PromotionStore;
  sagemaker: SageMakerClient;
  cloudwatch: CloudWatchClient;
}

/**
 * Removes a domain's endpoint configurations, with their models and alarms, except the newest `keep` that
 * have been live and the newest `keep` that never were. SageMaker deletes even a configuration that an
 * endpoint runs on, without an error. So a configuration stays, however old it is, while it is live, while an
 * endpoint changes to it, and while a state waits for it. Call it with the deployment lock held.
 *
 * @returns names of the removed configurations
 */
export async function cleanUpConfigurations(
  { store, sagemaker, cloudwatch }: CleanUpServices,
  { domain, endpoint, keep }: { domain: string; endpoint: string; keep: number },
): Promise<string[]> {
  const all = await store.configurations.list(domain);
  const live = all.filter(({ promotedAt }) => promotedAt !== null);
  const never = all.filter(({ promotedAt }) => promotedAt === null);
  const surplus = [...live.slice(keep), ...never.slice(keep)];
  if (surplus.length === 0) return [];

  const state = await describeEndpoint(sagemaker, endpoint);
  const champion = await store.champions.find(domain);
  const waitedFor = await store.endpointCallbacks.list(endpoint);
  const inUse = new Set([
    state?.endpointConfig,
    state?.pendingConfig,
    champion?.champion.endpointConfig,
    ...waitedFor.flatMap(({ endpointConfig, before }) => [endpointConfig, before]),
  ]);
  const removable = surplus.filter(({ endpointConfig }) => !inUse.has(endpointConfig));
  const modelsInUse = new Set([champion?.champion.modelName, ...modelsOf(all, removable)]);
  for (const { endpointConfig, modelName, targetModel } of removable) {
    if (targetModel !== undefined) {
      // SageMaker unloads by itself what is not asked any more.
      await store.bucket.delete(sharedModelKey(targetModel));
    } else {
      await deleteAlarms(cloudwatch, endpoint, endpointConfig);
      await deleteEndpointConfig(sagemaker, endpointConfig);
      if (!modelsInUse.has(modelName)) await deleteModel(sagemaker, modelName);
    }
    // Last: after a failure the next clean-up finds the record and tries again.
    await store.configurations.remove(domain, endpointConfig);
  }
  return removable.map(({ endpointConfig }) => endpointConfig);
}

/** Models of the configurations that stay. */
function modelsOf(all: readonly Configuration[], removed: readonly Configuration[]): string[] {
  return all.filter((one) => !removed.includes(one)).map(({ modelName }) => modelName);
}
