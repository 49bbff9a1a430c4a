import { z } from 'zod';
import { s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { changeAndWait, type EndpointClients } from '#cloud/endpoints/endpoint-callbacks.ts';
import {
  createEndpoint,
  deleteEndpoint,
  type EndpointState,
  updateEndpoint,
} from '#cloud/endpoints/endpoints.ts';
import { requireServable } from '#cloud/endpoints/rollback-target.ts';
import { findChampion } from '#cloud/records/champions.ts';
import { takeDeploymentLock } from '#cloud/records/deployment-locks.ts';
import type { Settled } from '#cloud/training/training-callbacks.ts';
import { type Deployed, domainSubjectSchema, rollbackSchema } from '#core/contracts/promotion-state.ts';
import { BusyError, SupersededError } from '#core/errors.ts';
import { lambda } from './middleware/lambda.ts';

const inputSchema = domainSubjectSchema.extend({
  token: z.string().min(1),
  executionArn: z.string().min(1),
  rollback: rollbackSchema,
});
type Input = z.output<typeof inputSchema>;

/**
 * Puts an earlier champion's configuration back, by a person's wish: the one way from a newer model to an older one. Answered when the
 * endpoint is in service on it; it is confirmed after that as every deployment is.
 */
export function createRollBackEndpoint(clients: EndpointClients, artifactsBucket: string) {
  const { s3, sagemaker } = clients;

  return async function rollBackEndpoint(input: Input): Promise<Settled> {
    const { token, executionArn, execution, domain, model, version, rollback } = input;
    const { from, target } = rollback;
    await takeDeploymentLock(clients, artifactsBucket, domain, { execution, executionArn });
    const live = await findChampion(s3, artifactsBucket, domain);
    if (live?.champion.endpointConfig !== from.endpointConfig) {
      throw new SupersededError(
        `"${domain}" went from ${from.version} to ${live?.champion.version ?? 'nothing'} after the rollback was asked for`,
        { hint: 'Look at what is live now, and ask again.' },
      );
    }
    const { serverless } = await requireServable(clients, artifactsBucket, target);
    const { endpoint, endpointConfig, modelName } = target;
    const previous = {
      etag: live.etag,
      version: live.champion.version,
      endpointConfig: live.champion.endpointConfig,
    };
    return changeAndWait(clients, artifactsBucket, {
      token,
      endpoint,
      endpointConfig,
      output: { endpoint, endpointConfig, modelName, previous } satisfies Deployed,
      request: (state) =>
        requestRollback(
          { execution, domain, model, version },
          { endpoint, endpointConfig, serverless },
          state,
        ),
    });
  };

  async function requestRollback(
    subject: Parameters<typeof createEndpoint>[1],
    {
      endpoint,
      endpointConfig,
      serverless,
    }: { endpoint: string; endpointConfig: string; serverless: boolean },
    state: EndpointState | undefined,
  ): Promise<boolean> {
    if (state === undefined) {
      await createEndpoint(sagemaker, subject, endpoint, endpointConfig);
      return true;
    }
    if (state.status === 'InService') {
      await updateEndpoint(sagemaker, endpoint, endpointConfig, !serverless && !state.serverless);
      return true;
    }
    if (state.status === 'Failed') {
      // SageMaker allows nothing else. It serves nothing, so nothing is lost.
      await deleteEndpoint(sagemaker, endpoint);
      throw new BusyError(`Endpoint ${endpoint} had failed (${state.failureReason}) and is being deleted`);
    }
    throw new BusyError(`Endpoint ${endpoint} is ${state.status}`);
  }
}

export const handler = lambda('RollBackEndpoint', inputSchema, () =>
  createRollBackEndpoint(
    { s3: s3Client(), sagemaker: sageMakerClient(), sfn: stepFunctionsClient() },
    readSettings('GRAFT_ARTIFACTS_BUCKET').GRAFT_ARTIFACTS_BUCKET,
  ),
);
