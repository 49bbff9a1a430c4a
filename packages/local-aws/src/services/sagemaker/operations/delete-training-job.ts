import type { DeleteTrainingJobCommandInput } from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from '../context.ts';
import { validation } from '../errors.ts';
import { findJob } from './describe-training-job.ts';

const ENDED: readonly string[] = ['Completed', 'Failed', 'Stopped'];

/** Forgets a job that has ended, so that its name is free again. What it wrote stays. */
export function deleteTrainingJob(sagemaker: SageMakerContext, input: DeleteTrainingJobCommandInput) {
  const { status, arn } = findJob(sagemaker, input.TrainingJobName!);
  if (!ENDED.includes(status)) {
    throw validation(`The request was rejected because the training job is in status ${status}.`);
  }
  sagemaker.store.jobs.delete(input.TrainingJobName!);
  sagemaker.store.tags.delete(arn);
  return {};
}
