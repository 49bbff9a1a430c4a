import { s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/clients.ts';
import { readTrainingSettings } from '#cloud/settings.ts';
import { type Settled, startAndWait, type TrainingClients } from '#cloud/training-callbacks.ts';
import type { TrainingSettings } from '#cloud/training-jobs.ts';
import { type TrainingTaskInput, trainingTaskInputSchema } from '#core/contracts/promotion-state.ts';
import { lambda } from './middleware/lambda.ts';

/** Starts the training job of the baseline: the same network on the same images, from random weights. */
export function createStartBaseline(clients: TrainingClients, settings: TrainingSettings) {
  return async function startBaseline(input: TrainingTaskInput): Promise<Settled> {
    const { champion: _, images, ...task } = input;
    return startAndWait(clients, settings, {
      ...task,
      mode: 'baseline',
      hasOther: images?.other !== undefined,
    });
  };
}

export const handler = lambda('StartBaseline', trainingTaskInputSchema, () =>
  createStartBaseline(
    { s3: s3Client(), sagemaker: sageMakerClient(), sfn: stepFunctionsClient() },
    readTrainingSettings(),
  ),
);
