import { z } from 'zod';
import { s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { changeAndWait } from '#cloud/endpoints/endpoint-callbacks.ts';
import {
  deleteEndpoint,
  type EndpointState,
  isServerlessConfig,
  updateEndpoint,
} from '#cloud/endpoints/endpoints.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import type { Settled } from '#cloud/training/training-callbacks.ts';
import { deployedSchema, domainSubjectSchema, type Restored } from '#core/contracts/promotion-state.ts';
import { BusyError, DeploymentFailedError } from '#core/errors.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

const inputSchema = domainSubjectSchema.extend({
  token: z.string().min(1),
  deployment: deployedSchema,
});

/** Name under which a token waits for an endpoint to be gone; no configuration can have it, since it has a space. */
const NO_CONFIG = 'no configuration';

/** Takes a deployment back that could not be confirmed: to the configuration before, or to no endpoint where there was none. */
export function createRestoreEndpoint(services: Services<'store' | 'sagemaker' | 'sfn'>) {
  const { sagemaker } = services;

  return async function restoreEndpoint(input: z.output<typeof inputSchema>): Promise<Settled> {
    const { endpoint, endpointConfig: unconfirmed, previous } = input.deployment;
    const target = previous?.endpointConfig ?? null;
    return changeAndWait(services, {
      token: input.token,
      endpoint,
      endpointConfig: target ?? NO_CONFIG,
      output: { endpoint, endpointConfig: target } satisfies Restored,
      request: (state) => requestRestoration(endpoint, unconfirmed, target, state),
    });
  };

  async function requestRestoration(
    endpoint: string,
    unconfirmed: string,
    target: string | null,
    state: EndpointState | undefined,
  ): Promise<boolean> {
    if (target === null) {
      if (state === undefined || state.status === 'Deleting') return false;
      if (state.status !== 'InService' && state.status !== 'Failed') throw busy(endpoint, state);
      // An endpoint that is not ours any more serves somebody else's deployment.
      if (state.endpointConfig === unconfirmed) await deleteEndpoint(sagemaker, endpoint);
      return false;
    }
    if (state === undefined || state.status === 'Failed') {
      throw new DeploymentFailedError(
        `Endpoint ${endpoint} is ${state?.status ?? 'gone'}, so its previous configuration ${target} cannot be put back`,
        { hint: 'The next promotion creates the endpoint anew.' },
      );
    }
    if (state.status !== 'InService') throw busy(endpoint, state);
    if (state.endpointConfig !== unconfirmed) {
      throw new DeploymentFailedError(
        `Endpoint ${endpoint} is on ${state.endpointConfig}, which this promotion did not deploy: left as it is`,
      );
    }
    const serverless = await isServerlessConfig(sagemaker, target);
    await updateEndpoint(sagemaker, endpoint, target, serverless === false && !state.serverless);
    return true;
  }
}

const busy = (endpoint: string, state: EndpointState) =>
  new BusyError(`Endpoint ${endpoint} is ${state.status}`);

export const handler = lambda('RestoreEndpoint', inputSchema, () =>
  createRestoreEndpoint({
    store: promotionStore(s3Client(), readSettings('artifactsBucket').artifactsBucket),
    sagemaker: sageMakerClient(),
    sfn: stepFunctionsClient(),
  }),
);
