import type { S3Client } from '@aws-sdk/client-s3';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { z } from 'zod';
import { s3Client, sageMakerClient, sageMakerRuntimeClient } from '#cloud/clients.ts';
import { describeEndpoint } from '#cloud/endpoints.ts';
import { askEndpoint, compareWithRow, goldenImages } from '#cloud/golden-images.ts';
import { findJson, listObjects, readObject } from '#cloud/objects.ts';
import { readSettings } from '#cloud/settings.ts';
import { type Evaluation, evaluationSchema } from '#core/contracts/evaluation.ts';
import {
  type Confirmed,
  deployedSchema,
  domainSubjectSchema,
  manualSchema,
} from '#core/contracts/promotion-state.ts';
import { DeploymentFailedError, GoldenMismatchError, NotFoundError } from '#core/errors.ts';
import { imagesPrefix } from '#core/keys.ts';
import { lambda } from './middleware/lambda.ts';

const inputSchema = domainSubjectSchema.extend({
  deployment: deployedSchema,
  evaluationKey: z.string(),
  manual: manualSchema.optional(),
});

/** `SystemUpdating` is SageMaker's own maintenance, which takes no new configuration and answers as ever: no reason to take a model back. */
const serving = new Set(['InService', 'SystemUpdating']);

export interface ConfirmEndpointDependencies {
  s3: S3Client;
  sagemaker: SageMakerClient;
  runtime: SageMakerRuntimeClient;
  dataBucket: string;
  artifactsBucket: string;
}

/** Asks the live endpoint about test images whose answers are known from the training job. */
export function createConfirmEndpoint(dependencies: ConfirmEndpointDependencies) {
  const { s3, sagemaker, runtime, dataBucket, artifactsBucket } = dependencies;
  return async function confirmEndpoint(input: z.output<typeof inputSchema>): Promise<Confirmed> {
    const { endpoint, endpointConfig } = input.deployment;
    const state = await describeEndpoint(sagemaker, endpoint);
    if (!state || !serving.has(state.status) || state.endpointConfig !== endpointConfig) {
      throw new DeploymentFailedError(
        `Endpoint ${endpoint} is ${state ? `${state.status} on ${state.endpointConfig}` : 'gone'}, expected InService on ${endpointConfig}`,
      );
    }
    const found = await findJson(s3, artifactsBucket, input.evaluationKey, evaluationSchema);
    if (found === undefined) {
      throw new NotFoundError(`There is no s3://${artifactsBucket}/${input.evaluationKey}`);
    }
    const target = input.manual?.rollback?.target;
    const golden = goldenImages(
      target === undefined
        ? found.value
        : await withUnchangedImages(input.domain, found.value, target.promotedAt),
    );
    for (const row of golden) {
      const image = await readObject(s3, dataBucket, `${imagesPrefix(input.domain, 'test')}${row.id}`);
      compareWithRow(endpoint, row, await askEndpoint(runtime, endpoint, row.id, image));
    }
    return { goldenImages: golden.length };
  };

  /** What was measured long ago says nothing about test images that were replaced since, and those that are gone cannot be sent. */
  async function withUnchangedImages(
    domain: string,
    evaluation: Evaluation,
    since: string,
  ): Promise<Evaluation> {
    const prefix = imagesPrefix(domain, 'test');
    const unchanged = new Set<string>();
    for await (const { key, modified } of listObjects(s3, dataBucket, prefix)) {
      if (modified <= Date.parse(since)) unchanged.add(key.slice(prefix.length));
    }
    const rows = evaluation.rows.filter(({ id }) => unchanged.has(id));
    if (rows.length > 0) return { ...evaluation, rows };
    throw new GoldenMismatchError(
      `None of the test images of "${domain}" is as it was at ${since}, so the earlier model cannot be confirmed`,
    );
  }
}

export const handler = lambda('ConfirmEndpoint', inputSchema, () => {
  const settings = readSettings('GRAFT_DATA_BUCKET', 'GRAFT_ARTIFACTS_BUCKET');
  return createConfirmEndpoint({
    s3: s3Client(),
    sagemaker: sageMakerClient(),
    runtime: sageMakerRuntimeClient(),
    dataBucket: settings.GRAFT_DATA_BUCKET,
    artifactsBucket: settings.GRAFT_ARTIFACTS_BUCKET,
  });
});
