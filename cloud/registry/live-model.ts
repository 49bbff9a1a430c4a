import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type RegisteredModel, registeredModels } from './model-packages.ts';

/**
 * The model package that an endpoint configuration serves: the newest approved one, or, if none is approved
 * (the deployment is being confirmed, or was taken back), the newest.
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
