import {
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DescribeEndpointCommand,
  paginateListEndpointConfigs,
  paginateListEndpoints,
  paginateListModels,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { deleteEndpoint } from '#cloud/endpoints/endpoints.ts';
import { isChanging } from '#cloud/endpoints/transitions.ts';
import { ignoreMissing } from './missing.ts';
import type { Part } from './part.ts';
import { type Patience, waitUntil } from './patience.ts';

/** Endpoints in any status. It waits for one that is changing. */
export function endpointsPart(sagemaker: SageMakerClient, prefix: string, patience: Patience): Part {
  const list = async () => {
    const names: string[] = [];
    const pages = paginateListEndpoints({ client: sagemaker }, { NameContains: prefix });
    for await (const { Endpoints } of pages) names.push(...(Endpoints ?? []).map((one) => one.EndpointName!));
    return names.filter((name) => name.startsWith(prefix));
  };
  return {
    title: 'Endpoints',
    list,
    async remove(name) {
      await ignoreMissing(async () => {
        await waitUntil(`endpoint ${name} may be deleted`, patience, async () => {
          const { EndpointStatus: status } = await sagemaker.send(
            new DescribeEndpointCommand({ EndpointName: name }),
          );
          return status === 'Deleting' || !isChanging(status!);
        });
        await deleteEndpoint(sagemaker, name);
      });
      // SageMaker needs its configuration and its model's role until it is deleted.
      await waitUntil(`endpoint ${name} is gone`, patience, async () => !(await list()).includes(name));
    },
  };
}

/** All configurations, also those that no endpoint runs on. */
export function endpointConfigsPart(sagemaker: SageMakerClient, prefix: string): Part {
  return {
    title: 'Endpoint configurations',
    async list() {
      const names: string[] = [];
      const pages = paginateListEndpointConfigs({ client: sagemaker }, { NameContains: prefix });
      for await (const { EndpointConfigs } of pages) {
        names.push(...(EndpointConfigs ?? []).map((one) => one.EndpointConfigName!));
      }
      return names.filter((name) => name.startsWith(prefix));
    },
    remove: (name) =>
      ignoreMissing(async () => {
        await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: name }));
      }),
  };
}

export function modelsPart(sagemaker: SageMakerClient, prefix: string): Part {
  return {
    title: 'Models',
    async list() {
      const names: string[] = [];
      const pages = paginateListModels({ client: sagemaker }, { NameContains: prefix });
      for await (const { Models } of pages) names.push(...(Models ?? []).map((one) => one.ModelName!));
      return names.filter((name) => name.startsWith(prefix));
    },
    remove: (name) =>
      ignoreMissing(async () => {
        await sagemaker.send(new DeleteModelCommand({ ModelName: name }));
      }),
  };
}
