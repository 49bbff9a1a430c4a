import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/aws/clients.ts';
import { answerTask } from '#cloud/aws/executions.ts';
import { log } from '#cloud/aws/log.ts';
import { readTrainingSettings, type TrainingSettings } from '#cloud/aws/settings.ts';
import { fingerprintOf } from '#cloud/records/baselines.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { type Settled, startAndWait } from '#cloud/training/training-callbacks.ts';
import { describeTrainingJob } from '#cloud/training/training-jobs.ts';
import {
  type Trained,
  type TrainingTaskInput,
  trainingTaskInputSchema,
} from '#core/contracts/promotion-state.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

/**
 * The baseline: the same network on the same images, from random weights. An earlier promotion's is taken where it depends on nothing
 * that has changed since; otherwise its training job is started.
 */
export function createStartBaseline(
  services: Services<'store' | 'models' | 'sagemaker' | 'sfn'> & { settings: TrainingSettings },
) {
  const { store, models, sagemaker, sfn, settings } = services;

  return async function startBaseline(input: TrainingTaskInput): Promise<Settled> {
    const { champion: _, baseline, images, ...task } = input;
    if (baseline) {
      const fingerprint = await fingerprintOf(models, settings.image, task, baseline.domainFingerprint);
      const earlier = baseline.reuse ? await findEarlier(task, fingerprint) : undefined;
      if (earlier !== undefined) return takeEarlier(task, earlier);
      await store.baselines.claim(fingerprint, task, task.job);
    }
    const hasOther = images?.other !== undefined;
    return startAndWait(services, { ...task, mode: 'baseline', hasOther });
  };

  async function findEarlier(task: TrainingTaskInput, fingerprint: string): Promise<Trained | undefined> {
    const earlier = await store.baselines.find(fingerprint, task);
    if (earlier === undefined) return undefined;
    // On a retry: what an earlier attempt began is finished, whoever was faster.
    const own = await describeTrainingJob(sagemaker, store.bucket, task.job);
    return own === undefined ? earlier : undefined;
  }

  async function takeEarlier(task: TrainingTaskInput, earlier: Trained): Promise<Settled> {
    await store.baselines.recordReuse(task, earlier);
    log.info('takes an earlier baseline', { from: earlier.reusedFrom, job: earlier.job });
    return (await answerTask(sfn, task.token, { output: earlier })) ? 'answered' : 'not waiting';
  }
}

export const handler = lambda('StartBaseline', trainingTaskInputSchema, () => {
  const settings = readTrainingSettings();
  const s3 = s3Client();
  return createStartBaseline({
    store: promotionStore(s3, settings.artifactsBucket),
    models: new Bucket(s3, settings.modelsBucket),
    sagemaker: sageMakerClient(),
    sfn: stepFunctionsClient(),
    settings,
  });
});
