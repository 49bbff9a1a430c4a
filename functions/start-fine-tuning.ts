import { s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/aws/clients.ts';
import { readTrainingSettings } from '#cloud/aws/settings.ts';
import { type Settled, startAndWait, type TrainingClients } from '#cloud/training/training-callbacks.ts';
import type { TrainingSettings } from '#cloud/training/training-jobs.ts';
import { type TrainingTaskInput, trainingTaskInputSchema } from '#core/contracts/promotion-state.ts';
import { lambda } from './middleware/lambda.ts';

/** Starts the training job that fine-tunes the general model for a domain, and scores the champion beside it. */
export function createStartFineTuning(clients: TrainingClients, settings: TrainingSettings) {
  return async function startFineTuning(input: TrainingTaskInput): Promise<Settled> {
    const { champion, images, ...task } = input;
    const championKey = champion?.modelKey ?? undefined;
    return startAndWait(clients, settings, {
      ...task,
      mode: 'transfer',
      championKey,
      hasOther: images?.other !== undefined,
    });
  };
}

export const handler = lambda('StartFineTuning', trainingTaskInputSchema, () =>
  createStartFineTuning(
    { s3: s3Client(), sagemaker: sageMakerClient(), sfn: stepFunctionsClient() },
    readTrainingSettings(),
  ),
);
