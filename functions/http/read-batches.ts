import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Bucket } from '#cloud/aws/bucket.ts';
import { isValidation } from '#cloud/aws/failures.ts';
import { countResults } from '#cloud/batches/batch-results.ts';
import { describeTransformJob, type JobState, listTransformJobs } from '#cloud/batches/transform-jobs.ts';
import { BATCH_DAYS, BATCH_MS, type BatchAnswer, type BatchItem, batchIdSchema } from '#core/api/batches.ts';
import type { PageQuery } from '#core/api/paging.ts';
import { type BatchRecord, batchRecordSchema } from '#core/contracts/batch.ts';
import { batchRecordKey, batchResultsPrefix, domainKey } from '#core/keys.ts';
import { batchJobName } from '#core/names.ts';
import { ProblemError } from '#core/problem.ts';
import { pageToken, readPageToken, wrongToken } from './page-token.ts';

interface Sources {
  artifacts: Bucket;
  sagemaker: SageMakerClient;
  settings: { endpointPrefix: string };
}

/**
 * A batch whose record and transform job are there.
 *
 * @throws ProblemError 404, also after its results have been removed
 */
export async function findBatch(
  { artifacts, sagemaker, settings }: Sources,
  domain: string,
  named: string | undefined,
): Promise<{ id: string; record: BatchRecord; state: JobState }> {
  const id = batchIdSchema.safeParse(named);
  if (id.success) {
    const job = batchJobName(settings.endpointPrefix, domain, id.data);
    const record = await artifacts.findJson(batchRecordKey(domain, id.data), batchRecordSchema);
    const state = record && (await describeTransformJob(sagemaker, job));
    if (record !== undefined && state !== undefined) return { id: id.data, record, state };
  }
  throw new ProblemError(404, `There is no such batch: they are kept for ${BATCH_DAYS} days`);
}

export const hasEnded = ({ status }: JobState): boolean => status !== 'RUNNING' && status !== 'STOPPING';

/** @throws ProblemError 404 */
export async function readBatch(sources: Sources, domain: string, id: string): Promise<BatchAnswer> {
  const { record, state } = await findBatch(sources, domain, id);
  const { input, images, refused, general, trainingJob } = record;
  return {
    id,
    ...state,
    input,
    output: sources.artifacts.uri(batchResultsPrefix(domain, id)),
    images,
    refused: refused.length,
    results: await countResults(sources.artifacts, domain, id),
    general,
    trainingJob,
  };
}

/**
 * A page of a domain's batches that are kept, the newest first.
 *
 * @throws ProblemError 400, 404
 */
export async function listBatches(
  { data, sagemaker, settings, now }: Sources & { data: Bucket; now: () => number },
  domain: string,
  { limit, next: given }: PageQuery,
): Promise<{ items: BatchItem[]; next?: string }> {
  const token = readPageToken(given);
  const beginning = batchJobName(settings.endpointPrefix, domain, '');
  const since = now() - BATCH_MS;
  try {
    const { jobs, next } = await listTransformJobs(sagemaker, { beginning, since, limit, token });
    if (jobs.length === 0 && !(await data.exists(domainKey(domain)))) {
      throw new ProblemError(404, `There is no domain "${domain}"`);
    }
    const items = jobs.map(({ job, ...state }) => ({ id: job.slice(beginning.length), ...state }));
    return { items, ...(next === undefined ? {} : { next: pageToken(next) }) };
  } catch (error) {
    if (token !== undefined && isValidation(error)) throw wrongToken();
    throw error;
  }
}
