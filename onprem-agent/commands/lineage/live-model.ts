import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type RegisteredModel, registeredModels } from '#cloud/registry/model-packages.ts';

/**
 * The version that an endpoint configuration serves: the newest approved one, or, where none was approved (a
 * deployment that was taken back, or is being confirmed), the newest.
 */
export async function findLiveModel(
  sagemaker: SageMakerClient,
  group: string,
  endpointConfig: string,
): Promise<RegisteredModel | undefined> {
  let newest: RegisteredModel | undefined;
  for await (const model of registeredModels(sagemaker, group)) {
    if (model.metadata.endpointConfig !== endpointConfig) continue;
    if (model.approval === 'Approved') return model;
    newest ??= model;
  }
  return newest;
}
