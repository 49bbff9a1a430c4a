import type { S3Client } from '@aws-sdk/client-s3';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { answer, removeTrainingCallback, saveTrainingCallback } from '../records/callbacks.ts';
import {
  describeTrainingJob,
  startTrainingJob,
  type TrainingRequest,
  type TrainingSettings,
} from './training-jobs.ts';

export interface TrainingClients {
  s3: S3Client;
  sagemaker: SageMakerClient;
  sfn: SFNClient;
}

/** What came of looking at a resource that somebody waits for. */
export type Settled = 'running' | 'answered' | 'nobody waits';

/**
 * Starts a training job on behalf of a waiting state. The token is stored first, so that not even the quickest job ends
 * unheard; and a job that exists already (this is a retry, perhaps after a lost event) is looked at, so that one that has ended is
 * answered at once.
 */
export async function startAndWait(
  clients: TrainingClients,
  settings: TrainingSettings,
  request: TrainingRequest & { token: string },
): Promise<Settled> {
  const { token, ...job } = request;
  await saveTrainingCallback(clients.s3, settings.artifactsBucket, job.job, token);
  if ((await startTrainingJob(clients.sagemaker, settings, job)) === 'created') return 'running';
  return settleTraining(clients, settings.artifactsBucket, job.job, token);
}

/** Looks a job's true state up and, if it has ended, tells the state that waits for it. */
export async function settleTraining(
  { s3, sagemaker, sfn }: TrainingClients,
  artifactsBucket: string,
  job: string,
  token: string,
): Promise<Settled> {
  const state = await describeTrainingJob(sagemaker, artifactsBucket, job);
  if (state === undefined || state.status === 'running') return 'running';
  const delivered = await answer(
    sfn,
    token,
    state.status === 'completed'
      ? { output: state.trained }
      : { error: 'TrainingFailed', cause: state.reason },
  );
  // A refused token may be an old one, and what is stored by now the new one: it stays.
  if (!delivered) return 'nobody waits';
  await removeTrainingCallback(s3, artifactsBucket, job);
  return 'answered';
}
