import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { BatchRecord } from '#core/contracts/batch.ts';
import type { Champion } from '#core/contracts/outcome.ts';
import { batchManifestKey, batchModelKey, batchPrefix, batchRecordKey } from '#core/keys.ts';
import { batchJobName } from '#core/names.ts';
import type { Bucket } from '../aws/bucket.ts';
import { isMissing } from '../aws/failures.ts';
import { deleteModel, ensureModel } from '../endpoints/models.ts';
import { listBatchImages, manifestOf } from './batch-images.ts';
import {
  type BatchSettings,
  createTransformJob,
  describeTransformJob,
  transformJobInput,
} from './transform-jobs.ts';

/** For some seconds, SageMaker's jobs may not know a model that has just been created. */
const ATTEMPTS = 5;
const PAUSE_MS = 1_000;

export interface BatchServices {
  data: Bucket;
  artifacts: Bucket;
  sagemaker: SageMakerClient;
  settings: BatchSettings;
  pause: (milliseconds: number) => Promise<unknown>;
}

export interface NewBatch {
  domain: string;
  id: string;
  /** Key of the folder in the data bucket, with a slash at its end. */
  folder: string;
  champion: Champion;
}

/**
 * Starts a transform job over the folder's images with the champion's model. The batch has its own copy of
 * the model, so that no promotion's clean-up takes it away, and its own model in SageMaker, which
 * `functions/finish-batch.ts` deletes. A batch that cannot be started leaves nothing behind.
 *
 * @throws InvalidInputError about the folder, and SageMaker's own errors
 */
export async function startBatch(services: BatchServices, batch: NewBatch): Promise<void> {
  const { data, artifacts, sagemaker, settings } = services;
  const { domain, id, folder, champion } = batch;
  const { images, refused } = await listBatchImages(data, folder);
  const job = batchJobName(settings.endpointPrefix, domain, id);
  const record: BatchRecord = {
    schemaVersion: 1,
    domain,
    input: data.uri(folder),
    images: images.length,
    refused,
    general: { model: champion.model, version: champion.version },
    trainingJob: champion.trainingJob,
  };
  try {
    await artifacts.writeJson(batchRecordKey(domain, id), record);
    await artifacts.writeJson(batchManifestKey(domain, id), manifestOf(data.uri(folder), images));
    await artifacts.copy(champion.modelKey, batchModelKey(domain, id));
    await createJob(services, { ...batch, job });
  } catch (error) {
    // Another request with the same key may have started it meanwhile.
    if ((await describeTransformJob(sagemaker, job)) === undefined) {
      await deleteModel(sagemaker, job);
      await artifacts.deleteBelow(batchPrefix(domain, id));
    }
    throw error;
  }
}

async function createJob(
  { artifacts, sagemaker, settings, pause }: BatchServices,
  { job, id, domain, champion }: NewBatch & { job: string },
): Promise<void> {
  const { execution, model, version } = champion;
  const { image, roleArn, vpc, tags } = settings;
  const subject = { execution, domain, model, version, tags };
  const modelDataUrl = artifacts.uri(batchModelKey(domain, id));
  await ensureModel(sagemaker, { ...subject, name: job, image, roleArn, modelDataUrl, vpc });
  const input = transformJobInput(artifacts, settings, { ...subject, job, id });
  for (let attempt = 1; ; attempt++) {
    try {
      return await createTransformJob(sagemaker, input);
    } catch (error) {
      if (!isMissing(error) || attempt === ATTEMPTS) throw error;
      await pause(PAUSE_MS);
    }
  }
}
