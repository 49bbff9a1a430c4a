import { s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/aws/clients.ts';
import type { Settled } from '#cloud/aws/executions.ts';
import { readTrainingSettings, type TrainingSettings } from '#cloud/aws/settings.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { startTrainingTask } from '#cloud/training/training-tasks.ts';
import { type TrainingTaskInput, trainingTaskInputSchema } from '#core/contracts/promotion-state.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

/**
 * Starts the transfer job of a domain. It trains a head on the general model, and evaluates the champion on
 * the same images.
 */
export function createStartFineTuning(
  services: Services<'store' | 'sagemaker' | 'sfn'> & { settings: TrainingSettings },
) {
  return async function startFineTuning(input: TrainingTaskInput): Promise<Settled> {
    const { champion, images, ...task } = input;
    const championKey = champion?.modelKey ?? undefined;
    return startTrainingTask(services, {
      ...task,
      mode: 'transfer',
      championKey,
      hasOther: images?.other !== undefined,
    });
  };
}

export const handler = lambda('StartFineTuning', trainingTaskInputSchema, () => {
  const settings = readTrainingSettings();
  return createStartFineTuning({
    store: promotionStore(s3Client(), settings.artifactsBucket),
    sagemaker: sageMakerClient(),
    sfn: stepFunctionsClient(),
    settings,
  });
});
