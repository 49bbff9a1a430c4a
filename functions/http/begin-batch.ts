import { isLimitReached } from '#cloud/aws/failures.ts';
import { type BatchServices, startBatch } from '#cloud/batches/start-batch.ts';
import { describeTransformJob } from '#cloud/batches/transform-jobs.ts';
import { championsIn } from '#cloud/records/champions.ts';
import { BATCH_MS } from '#core/api/batches.ts';
import { InvalidInputError } from '#core/errors.ts';
import { domainKey, domainPrefix } from '#core/keys.ts';
import { batchJobName } from '#core/names.ts';
import { ProblemError } from '#core/problem.ts';
import { findBatch } from './read-batches.ts';

type Services = BatchServices & {
  /** Milliseconds since 1970. */
  now: () => number;
};

export interface BatchRequest {
  domain: string;
  id: string;
  /** S3 URI as the caller gave it. */
  input: string;
}

/**
 * Starts a batch, or finds the one that an earlier request of this id has started.
 *
 * @throws ProblemError 404, 422 naming what it would fail of, 429 while the account has no instance for it
 */
export async function beginBatch(services: Services, request: BatchRequest): Promise<void> {
  const { domain, id } = request;
  const folder = folderOf(services, request);
  const earlier = await findBatch(services, domain, id).catch(ignoreMissing);
  if (earlier !== undefined) {
    if (earlier.record.input === services.data.uri(folder)) return;
    const detail = 'An earlier request with this Idempotency-Key had another content: use a new key';
    throw new ProblemError(422, detail);
  }
  await refuseForgotten(services, request);
  const live = await championsIn(services.artifacts).find(domain);
  if (live === undefined) {
    if (await services.data.exists(domainKey(domain))) {
      throw new ProblemError(422, `No model has been promoted to "${domain}" yet`);
    }
    throw new ProblemError(404, `There is no domain "${domain}"`);
  }
  await startBatch(services, { domain, id, folder, champion: live.champion }).catch(explain);
}

/**
 * Only a domain's own folder is read: that a caller may predict in one domain says nothing about the images
 * of others.
 */
function folderOf({ data }: BatchServices, { domain, input }: BatchRequest): string {
  const root = data.uri(domainPrefix(domain));
  const folder = `${input.replace(/\/$/, '')}/`;
  if (!folder.startsWith(root) || folder === root) {
    throw new ProblemError(422, `input is not a folder below ${root}: copy the images there`);
  }
  return folder.slice(data.uri('').length);
}

/** SageMaker remembers its jobs for longer than the results of a batch are kept. */
async function refuseForgotten({ sagemaker, settings, now }: Services, { domain, id }: BatchRequest) {
  const job = await describeTransformJob(sagemaker, batchJobName(settings.endpointPrefix, domain, id));
  if (job === undefined || now() - Date.parse(job.startedAt) < BATCH_MS) return;
  const detail = 'An earlier batch with this Idempotency-Key is kept no more: use a new key';
  throw new ProblemError(422, detail);
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof ProblemError && error.status === 404) return undefined;
  throw error;
}

function explain(cause: unknown): never {
  if (cause instanceof InvalidInputError) {
    const hint = cause.hint === undefined ? '' : `. ${cause.hint}`;
    throw new ProblemError(422, `${cause.message}${hint}`, { cause });
  }
  if (isLimitReached(cause)) {
    const detail = 'As many batches are running as the account has instances for: try again later';
    throw new ProblemError(429, detail, { cause, retryAfterSeconds: 300 });
  }
  throw cause;
}
