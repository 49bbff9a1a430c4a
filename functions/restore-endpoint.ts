import * as z from 'zod';
import { s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/aws/clients.ts';
import type { Settled } from '#cloud/aws/executions.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { isServerlessConfig } from '#cloud/endpoints/endpoint-configs.ts';
import { startEndpointTask } from '#cloud/endpoints/endpoint-tasks.ts';
import { deleteEndpoint, type EndpointState, updateEndpoint } from '#cloud/endpoints/endpoints.ts';
import { nextStep } from '#cloud/endpoints/transitions.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { deployedSchema, domainSubjectSchema, type Restored } from '#core/contracts/promotion-state.ts';
import { DeploymentFailedError } from '#core/errors.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

const inputSchema = domainSubjectSchema.extend({
  token: z.string().min(1),
  deployment: deployedSchema,
});

/** A token that waits for an endpoint to be gone has this name. No configuration can: it has a space. */
const NO_CONFIG = 'no configuration';

/**
 * Undoes a deployment that could not be confirmed: puts the configuration before back, or deletes the
 * endpoint where there was none.
 */
export function createRestoreEndpoint(services: Services<'store' | 'sagemaker' | 'sfn'>) {
  const { sagemaker } = services;

  return async function restoreEndpoint(input: z.output<typeof inputSchema>): Promise<Settled> {
    const { endpoint, endpointConfig: unconfirmed, targetModel, previous } = input.deployment;
    // What was live on another endpoint still is: nothing was before on this one.
    const wasHere = previous !== null && (previous.endpoint ?? endpoint) === endpoint;
    const target = wasHere ? previous.endpointConfig : null;
    return startEndpointTask(services, {
      token: input.token,
      endpoint,
      endpointConfig: target ?? NO_CONFIG,
      ...(targetModel === undefined ? {} : { deployment: unconfirmed }),
      output: { endpoint, endpointConfig: target } satisfies Restored,
      // Requests to the shared endpoint name the champion's model, which nothing has changed.
      request: async (state) =>
        targetModel === undefined && requestRestoration(endpoint, unconfirmed, target, state),
    });
  };

  async function requestRestoration(
    endpoint: string,
    unconfirmed: string,
    target: string | null,
    state: EndpointState | undefined,
  ): Promise<boolean> {
    if (target === null) {
      const step = nextStep('delete', endpoint, state);
      // On another configuration the endpoint belongs to another deployment.
      if (step === 'delete' && state?.endpointConfig === unconfirmed) {
        await deleteEndpoint(sagemaker, endpoint);
      }
      return false;
    }
    nextStep('restore', endpoint, state);
    const { endpointConfig, serverless } = state!;
    if (endpointConfig !== unconfirmed) {
      throw new DeploymentFailedError(
        `Endpoint ${endpoint} is on ${endpointConfig}, which this promotion did not deploy: left as it is`,
      );
    }
    const toServerless = await isServerlessConfig(sagemaker, target);
    const keepVariantProperties = toServerless === false && !serverless;
    await updateEndpoint(sagemaker, { endpoint, endpointConfig: target, keepVariantProperties });
    return true;
  }
}

export const handler = lambda('RestoreEndpoint', inputSchema, () =>
  createRestoreEndpoint({
    store: promotionStore(s3Client(), readSettings('artifactsBucket').artifactsBucket),
    sagemaker: sageMakerClient(),
    sfn: stepFunctionsClient(),
  }),
);
