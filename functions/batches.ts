import { setTimeout as sleep } from 'node:timers/promises';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client, sageMakerClient } from '#cloud/aws/clients.ts';
import { readSettings, readSharedSettings } from '#cloud/aws/settings.ts';
import { readResults } from '#cloud/batches/batch-results.ts';
import type { BatchServices } from '#cloud/batches/start-batch.ts';
import { stopTransformJob } from '#cloud/batches/transform-jobs.ts';
import { batchRequestSchema, resultQuerySchema } from '#core/api/batches.ts';
import { pageQuerySchema } from '#core/api/paging.ts';
import { batchId, batchJobName } from '#core/names.ts';
import { ProblemError } from '#core/problem.ts';
import { allowedDomain, type Callers, createCallers } from './http/access.ts';
import { jsonAnswer } from './http/answers.ts';
import { beginBatch } from './http/begin-batch.ts';
import { chosenLabels } from './http/chosen-labels.ts';
import { withEtag } from './http/etag.ts';
import { idempotencyKeyOf } from './http/idempotency-key.ts';
import { pageToken, readPageToken } from './http/page-token.ts';
import { parseJsonBody, parseQuery } from './http/parse.ts';
import { findBatch, hasEnded, listBatches, readBatch } from './http/read-batches.ts';
import { type Handle, routed } from './http/routes.ts';
import { api } from './middleware/api.ts';

interface BatchesServices extends BatchServices {
  callerOf: Callers;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * Batches: predictions of all images of a folder in S3, by a transform job of SageMaker's. A caller who may
 * ask about one image of a domain may ask about many.
 */
export function createBatches(services: BatchesServices): Handle {
  const { artifacts, sagemaker, settings, callerOf } = services;

  const callerAndDomain = async (event: APIGatewayProxyEvent) => {
    const caller = await callerOf(event);
    return { caller, domain: allowedDomain(caller, 'predict', event) };
  };
  const named = async (event: APIGatewayProxyEvent) => {
    const { domain } = await callerAndDomain(event);
    return { domain, ...(await findBatch(services, domain, event.pathParameters?.id)) };
  };

  const reads = routed({
    async 'GET /domains/{domain}/batches'(event) {
      const { domain } = await callerAndDomain(event);
      return jsonAnswer(200, await listBatches(services, domain, parseQuery(pageQuerySchema, event)));
    },

    async 'GET /domains/{domain}/batches/{id}'(event) {
      const { domain, id } = await named(event);
      return jsonAnswer(200, await readBatch(services, domain, id));
    },

    async 'GET /domains/{domain}/batches/{id}/results'(event) {
      const { domain, id, record, state } = await named(event);
      const { limit, next: token, ...query } = parseQuery(resultQuerySchema, event);
      if (!hasEnded(state))
        throw new ProblemError(409, 'The batch is still running: ask again when it has ended');
      const page = { limit, after: readPageToken(token) };
      const { results, next } = await readResults(artifacts, { domain, id, record }, page);
      const items = results.map((each) => ('predictions' in each ? chosenLabels(each, query) : each));
      return jsonAnswer(200, { items, ...(next === undefined ? {} : { next: pageToken(next) }) });
    },
  });

  const starts = routed({
    async 'POST /domains/{domain}/batches'(event) {
      const { caller, domain } = await callerAndDomain(event);
      const { input } = parseJsonBody(batchRequestSchema, event);
      const id = batchId(domain, caller.id, idempotencyKeyOf(event));
      await beginBatch(services, { domain, id, input });
      return jsonAnswer(202, await readBatch(services, domain, id), { location: `batches/${id}` });
    },

    async 'POST /domains/{domain}/batches/{id}/stop'(event) {
      const { domain, id } = await named(event);
      await stopTransformJob(sagemaker, batchJobName(settings.endpointPrefix, domain, id));
      return jsonAnswer(202, await readBatch(services, domain, id), { location: `../${id}` });
    },
  });

  return async (event) => (event.httpMethod === 'GET' ? withEtag(event, await reads(event)) : starts(event));
}

export const handler = api(() => {
  const { dataBucket, artifactsBucket, firstApiKeyId, ...settings } = readSettings(
    ...(['dataBucket', 'artifactsBucket', 'firstApiKeyId', 'image', 'roleArn', 'endpointPrefix'] as const),
    ...(['kmsKeyArn', 'batchInstanceType', 'batchInstanceCount'] as const),
  );
  const s3 = s3Client();
  const artifacts = new Bucket(s3, artifactsBucket);
  return createBatches({
    data: new Bucket(s3, dataBucket),
    artifacts,
    sagemaker: sageMakerClient(),
    settings: { ...settings, ...readSharedSettings() },
    callerOf: createCallers({ artifacts, firstKeyId: firstApiKeyId, now: Date.now }),
    pause: sleep,
    now: Date.now,
  });
});
