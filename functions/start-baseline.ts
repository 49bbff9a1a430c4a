import { s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/aws/clients.ts';
import { log } from '#cloud/aws/log.ts';
import { readTrainingSettings } from '#cloud/aws/settings.ts';
import { claimBaseline, findBaseline, fingerprintOf, recordReuse } from '#cloud/records/baselines.ts';
import { answer } from '#cloud/records/callbacks.ts';
import { type Settled, startAndWait, type TrainingClients } from '#cloud/training/training-callbacks.ts';
import { describeTrainingJob, type TrainingSettings } from '#cloud/training/training-jobs.ts';
import {
  type Trained,
  type TrainingTaskInput,
  trainingTaskInputSchema,
} from '#core/contracts/promotion-state.ts';
import { lambda } from './middleware/lambda.ts';

/**
 * The baseline: the same network on the same images, from random weights. An earlier promotion's is taken where it depends on nothing
 * that has changed since; otherwise its training job is started.
 */
export function createStartBaseline(clients: TrainingClients, settings: TrainingSettings) {
  const { s3, sagemaker, sfn } = clients;
  const { artifactsBucket } = settings;

  return async function startBaseline(input: TrainingTaskInput): Promise<Settled> {
    const { champion: _, baseline, images, ...task } = input;
    if (baseline) {
      const fingerprint = await fingerprintOf(s3, settings, task, baseline.domainFingerprint);
      const earlier = baseline.reuse ? await findEarlier(task, fingerprint) : undefined;
      if (earlier !== undefined) return takeEarlier(task, earlier);
      await claimBaseline(s3, artifactsBucket, fingerprint, task, task.job);
    }
    const hasOther = images?.other !== undefined;
    return startAndWait(clients, settings, { ...task, mode: 'baseline', hasOther });
  };

  async function findEarlier(task: TrainingTaskInput, fingerprint: string): Promise<Trained | undefined> {
    const earlier = await findBaseline(s3, artifactsBucket, fingerprint, task);
    if (earlier === undefined) return undefined;
    // On a retry: what an earlier attempt began is finished, whoever was faster.
    const own = await describeTrainingJob(sagemaker, artifactsBucket, task.job);
    return own === undefined ? earlier : undefined;
  }

  async function takeEarlier(task: TrainingTaskInput, earlier: Trained): Promise<Settled> {
    await recordReuse(s3, artifactsBucket, task, earlier);
    log.info('takes an earlier baseline', { from: earlier.reusedFrom, job: earlier.job });
    return (await answer(sfn, task.token, { output: earlier })) ? 'answered' : 'nobody waits';
  }
}

export const handler = lambda('StartBaseline', trainingTaskInputSchema, () =>
  createStartBaseline(
    { s3: s3Client(), sagemaker: sageMakerClient(), sfn: stepFunctionsClient() },
    readTrainingSettings(),
  ),
);
