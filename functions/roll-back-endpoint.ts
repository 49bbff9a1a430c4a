import * as z from 'zod';
import { s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/aws/clients.ts';
import { isRunning, type Settled } from '#cloud/aws/executions.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { startEndpointTask } from '#cloud/endpoints/endpoint-tasks.ts';
import { updateEndpoint } from '#cloud/endpoints/endpoints.ts';
import { putConfiguration } from '#cloud/endpoints/put-configuration.ts';
import { requireServable } from '#cloud/endpoints/rollback-target.ts';
import { nextStep } from '#cloud/endpoints/transitions.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { type Deployed, domainSubjectSchema, rollbackSchema } from '#core/contracts/promotion-state.ts';
import { SupersededError } from '#core/errors.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

const inputSchema = domainSubjectSchema.extend({
  token: z.string().min(1),
  executionArn: z.string().min(1),
  rollback: rollbackSchema,
});
type Input = z.output<typeof inputSchema>;

/**
 * Puts an earlier champion's configuration back because a person asked for it: the only way from a newer
 * model to an older one. Answered when the endpoint is in service on it; after that it is confirmed like
 * every deployment.
 */
export function createRollBackEndpoint(services: Services<'store' | 'sagemaker' | 'sfn'>) {
  const { store, sagemaker, sfn } = services;

  return async function rollBackEndpoint(input: Input): Promise<Settled> {
    const { token, executionArn, execution, domain, model, version, rollback } = input;
    const { from, target } = rollback;
    await store.locks.take(domain, { execution, executionArn }, (arn) => isRunning(sfn, arn));
    const live = await store.champions.find(domain);
    if (live?.champion.endpointConfig !== from.endpointConfig) {
      throw new SupersededError(
        `"${domain}" went from ${from.version} to ${live?.champion.version ?? 'nothing'} after the rollback was asked for`,
        { hint: 'Look at what is live now, and ask again.' },
      );
    }
    const { serverless } = await requireServable(services, target);
    const { endpoint, endpointConfig, modelName, targetModel } = target;
    const previous = {
      etag: live.etag,
      version: live.champion.version,
      endpointConfig: live.champion.endpointConfig,
      endpoint: live.champion.endpoint,
    };
    return startEndpointTask(services, {
      token,
      endpoint,
      endpointConfig,
      ...(targetModel === undefined ? {} : { deployment: endpointConfig }),
      output: {
        endpoint,
        endpointConfig,
        modelName,
        ...(targetModel === undefined ? {} : { targetModel }),
        previous,
      } satisfies Deployed,
      request: async (state) => {
        if (targetModel !== undefined) {
          // The shared endpoint finds the model already: requests name it once it is the champion again.
          nextStep('restore', endpoint, state);
          return false;
        }
        await putConfiguration(sagemaker, {
          subject: { execution, domain, model, version },
          endpoint,
          endpointConfig,
          state,
          update: (from) => {
            const keepVariantProperties = !serverless && !from.serverless;
            return updateEndpoint(sagemaker, { endpoint, endpointConfig, keepVariantProperties });
          },
        });
        return true;
      },
    });
  };
}

export const handler = lambda('RollBackEndpoint', inputSchema, () =>
  createRollBackEndpoint({
    store: promotionStore(s3Client(), readSettings('artifactsBucket').artifactsBucket),
    sagemaker: sageMakerClient(),
    sfn: stepFunctionsClient(),
  }),
);
