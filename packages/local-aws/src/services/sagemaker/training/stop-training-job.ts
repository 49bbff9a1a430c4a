import type { StopTrainingJobCommandInput } from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from '../context.ts';
import { validation } from '../errors.ts';
import { findJob } from './describe-training-job.ts';
import type { TrainingRunner } from './runner.ts';

export function stopTrainingJob(
  sagemaker: SageMakerContext,
  runner: TrainingRunner,
  input: StopTrainingJobCommandInput,
) {
  const { status } = findJob(sagemaker, input.TrainingJobName!);
  if (status !== 'InProgress') {
    throw validation(`The request was rejected because the training job is in status ${status}.`);
  }
  runner.stop(input.TrainingJobName!);
  return {};
}
