import * as z from 'zod';
import { s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/aws/clients.ts';
import type { Settled } from '#cloud/aws/executions.ts';
import { log } from '#cloud/aws/log.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { settleEndpointTask } from '#cloud/endpoints/endpoint-tasks.ts';
import { describeEndpoint } from '#cloud/endpoints/endpoints.ts';
import { isChanging } from '#cloud/endpoints/transitions.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { settleTrainingTask } from '#cloud/training/training-tasks.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

/** AWS adds members to its events, so these schemas accept unknown ones. */
const inputSchema = z.discriminatedUnion('detail-type', [
  z.object({
    'detail-type': z.literal('SageMaker Training Job State Change'),
    detail: z.object({ TrainingJobName: z.string(), TrainingJobStatus: z.string() }),
  }),
  z.object({
    'detail-type': z.literal('SageMaker Endpoint State Change'),
    detail: z.object({ EndpointName: z.string(), EndpointStatus: z.string() }),
  }),
]);

const movingJob = new Set(['InProgress', 'Stopping']);

/**
 * Answers the states that wait for a training job or an endpoint. Events come late, twice and out of order,
 * so an event only names the job or the endpoint, whose status is then read from SageMaker. Those that no
 * state waits for are ignored.
 */
export function createResumePromotion(services: Services<'store' | 'sagemaker' | 'sfn'>) {
  const { store, sagemaker } = services;

  return async function resumePromotion(event: z.output<typeof inputSchema>): Promise<Settled[]> {
    const settled =
      event['detail-type'] === 'SageMaker Training Job State Change'
        ? await resumeTraining(event.detail.TrainingJobName, event.detail.TrainingJobStatus)
        : await resumeEndpoint(event.detail.EndpointName, event.detail.EndpointStatus);
    log.info('checked', { ...event.detail, settled });
    return settled;
  };

  async function resumeTraining(job: string, status: string): Promise<Settled[]> {
    if (movingJob.has(status)) return [];
    const token = await store.trainingCallbacks.find(job);
    return token === undefined ? [] : [await settleTrainingTask(services, job, token)];
  }

  async function resumeEndpoint(endpoint: string, status: string): Promise<Settled[]> {
    if (isChanging(status)) return [];
    const callbacks = await store.endpointCallbacks.list(endpoint);
    if (callbacks.length === 0) return [];
    const state = await describeEndpoint(sagemaker, endpoint);
    const settled: Settled[] = [];
    for (const callback of callbacks) {
      settled.push(await settleEndpointTask(services, state, callback));
    }
    return settled;
  }
}

export const handler = lambda('ResumePromotion', inputSchema, () =>
  createResumePromotion({
    store: promotionStore(s3Client(), readSettings('artifactsBucket').artifactsBucket),
    sagemaker: sageMakerClient(),
    sfn: stepFunctionsClient(),
  }),
);
