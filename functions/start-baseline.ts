import { s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/aws/clients.ts';
import { answerTask, type Settled } from '#cloud/aws/executions.ts';
import { log } from '#cloud/aws/log.ts';
import { readTrainingSettings, type TrainingSettings } from '#cloud/aws/settings.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { describeTrainingJob } from '#cloud/training/training-jobs.ts';
import { startTrainingTask } from '#cloud/training/training-tasks.ts';
import { baselineFingerprint } from '#core/baseline-fingerprint.ts';
import {
  type Trained,
  type TrainingTaskInput,
  trainingTaskInputSchema,
} from '#core/contracts/promotion-state.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

/**
 * Starts the training job of the baseline: our own network on the same images, from random weights. Where
 * nothing that it depends on has changed since an earlier promotion, that promotion's baseline is reused
 * instead.
 */
export function createStartBaseline(
  services: Services<'store' | 'sagemaker' | 'sfn'> & { settings: TrainingSettings },
) {
  const { store, sagemaker, sfn, settings } = services;

  return async function startBaseline(input: TrainingTaskInput): Promise<Settled> {
    const { champion: _, baseline: query, images, ...task } = input;
    if (query) {
      const fingerprint = baselineFingerprint(query.domainFingerprint, settings.image);
      const earlier = query.reuse ? await findEarlier(task, fingerprint) : undefined;
      if (earlier !== undefined) return reuseEarlier(task, earlier);
      await store.baselines.claim(fingerprint, task, task.job);
    }
    const hasOther = images?.other !== undefined;
    return startTrainingTask(services, { ...task, mode: 'baseline', hasOther });
  };

  async function findEarlier(task: TrainingTaskInput, fingerprint: string): Promise<Trained | undefined> {
    const earlier = await store.baselines.find(fingerprint, task);
    if (earlier === undefined) return undefined;
    // On a retry, an own training job that has begun goes on, even if an earlier baseline is finished by now.
    const own = await describeTrainingJob(sagemaker, store.bucket, task.job);
    return own === undefined ? earlier : undefined;
  }

  async function reuseEarlier(task: TrainingTaskInput, earlier: Trained): Promise<Settled> {
    await store.baselines.recordReuse(task, earlier);
    log.info('an earlier baseline is reused', { from: earlier.reusedFrom, job: earlier.job });
    return (await answerTask(sfn, task.token, { output: earlier })) ? 'answered' : 'not waiting';
  }
}

export const handler = lambda('StartBaseline', trainingTaskInputSchema, () => {
  const settings = readTrainingSettings();
  return createStartBaseline({
    store: promotionStore(s3Client(), settings.artifactsBucket),
    sagemaker: sageMakerClient(),
    sfn: stepFunctionsClient(),
    settings,
  });
});
