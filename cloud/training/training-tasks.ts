import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { answerTask, type Settled } from '../aws/executions.ts';
import type { TrainingSettings } from '../aws/settings.ts';
import type { PromotionStore } from '../records/promotion-store.ts';
import { describeTrainingJob, startTrainingJob, type TrainingRequest } from './training-jobs.ts';

export interface TrainingServices {
  store: PromotionStore;
  sagemaker: SageMakerClient;
  sfn: SFNClient;
}

/**
 * Starts a training job on behalf of a waiting state. The token is stored first, so that even the quickest
 * job is answered. On a retry, perhaps after a lost event, the job exists already: if it has ended, the state
 * is answered at once.
 */
export async function startTrainingTask(
  services: TrainingServices & { settings: TrainingSettings },
  request: TrainingRequest & { token: string },
): Promise<Settled> {
  const { token, ...job } = request;
  await services.store.trainingCallbacks.save(job.job, token);
  if ((await startTrainingJob(services.sagemaker, services.settings, job)) === 'created') return 'running';
  return settleTrainingTask(services, job.job, token);
}

/** Reads a job's status from SageMaker and, if it has ended, answers the state that waits for it. */
export async function settleTrainingTask(
  { store, sagemaker, sfn }: TrainingServices,
  job: string,
  token: string,
): Promise<Settled> {
  const state = await describeTrainingJob(sagemaker, store.bucket, job);
  if (state === undefined || state.status === 'running') return 'running';
  const delivered = await answerTask(
    sfn,
    token,
    state.status === 'completed'
      ? { output: state.trained }
      : { error: 'TrainingFailed', cause: state.reason },
  );
  // The refused token may be an old one and the stored one newer, so the record stays.
  if (!delivered) return 'not waiting';
  await store.trainingCallbacks.remove(job);
  return 'answered';
}
