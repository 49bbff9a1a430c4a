import type { StopTrainingJobCommandInput } from '@aws-sdk/client-sagemaker';
import type { SageMakerControl } from '../context.ts';
import { validation } from '../errors.ts';
import { findJob } from './describe-training-job.ts';

export function stopTrainingJob(sagemaker: SageMakerControl, input: StopTrainingJobCommandInput) {
  const { status } = findJob(sagemaker, input.TrainingJobName!);
  if (status !== 'InProgress') {
    throw validation(`The request was rejected because the training job is in status ${status}.`);
  }
  sagemaker.runner.stop(input.TrainingJobName!);
  return {};
}
