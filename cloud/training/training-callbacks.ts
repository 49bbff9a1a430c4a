import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { answerTask } from '../aws/executions.ts';
import type { TrainingSettings } from '../aws/settings.ts';
import type { PromotionStore } from '../records/promotion-store.ts';
import { describeTrainingJob, startTrainingJob, type TrainingRequest } from './training-jobs.ts';

export interface TrainingServices {
  store: PromotionStore;
  sagemaker: SageMakerClient;
  sfn: SFNClient;
}

/** What came of looking at a resource that somebody waits for. */
export type Settled = 'running' | 'answered' | 'not waiting';

/**
 * Starts a training job on behalf of a waiting state. The token is stored first, so that not even the
 * quickest job ends unheard; and a job that exists already (this is a retry, perhaps after a lost event) is
 * looked at, so that one that has ended is answered at once.
 */
export async function startAndWait(
  services: TrainingServices & { settings: TrainingSettings },
  request: TrainingRequest & { token: string },
): Promise<Settled> {
  const { token, ...job } = request;
  await services.store.trainingCallbacks.save(job.job, token);
  if ((await startTrainingJob(services.sagemaker, services.settings, job)) === 'created') return 'running';
  return settleTraining(services, job.job, token);
}

/** Looks a job's true state up and, if it has ended, tells the state that waits for it. */
export async function settleTraining(
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
  // A refused token may be an old one, and what is stored by now the new one: it stays.
  if (!delivered) return 'not waiting';
  await store.trainingCallbacks.remove(job);
  return 'answered';
}
