import type { S3Client } from '@aws-sdk/client-s3';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { z } from 'zod';
import { s3Client, sageMakerClient, sageMakerRuntimeClient } from '#cloud/aws/clients.ts';
import { findJson, readObject } from '#cloud/aws/objects.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { chooseGoldenImages, findKeptImages, type GoldenImage } from '#cloud/data/golden-images.ts';
import { describeEndpoint } from '#cloud/endpoints/endpoints.ts';
import { askEndpoint, compareWithRow } from '#cloud/endpoints/golden-answers.ts';
import { evaluationSchema } from '#core/contracts/evaluation.ts';
import {
  type Confirmed,
  deployedSchema,
  domainSubjectSchema,
  manualSchema,
} from '#core/contracts/promotion-state.ts';
import { DeploymentFailedError, NotFoundError } from '#core/errors.ts';
import { maximumBodyBytes } from '#core/prediction-requests.ts';
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
    const golden =
      (await findKeptImages(s3, artifactsBucket, input.evaluationKey)) ??
      (await currentImages(input, state.serverless));
    for (const { row, bucket, key } of golden) {
      const image = await readObject(s3, bucket, key);
      compareWithRow(endpoint, row, await askEndpoint(runtime, endpoint, row.id, image));
    }
    return { goldenImages: golden.length };
  };

  /**
   * Where the promotion kept none, which is one of an older Graft. What was measured long ago says nothing about test images that were
   * replaced since, and those that are gone cannot be sent.
   */
  async function currentImages(
    { domain, evaluationKey, manual }: z.output<typeof inputSchema>,
    serverless: boolean,
  ): Promise<GoldenImage[]> {
    const found = await findJson(s3, artifactsBucket, evaluationKey, evaluationSchema);
    if (found === undefined) throw new NotFoundError(`There is no s3://${artifactsBucket}/${evaluationKey}`);
    const { promotedAt } = manual?.rollback?.target ?? {};
    return chooseGoldenImages(s3, {
      dataBucket,
      domain,
      rows: found.value.rows,
      limit: maximumBodyBytes(serverless ? 'serverless' : 'instances'),
      since: promotedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(promotedAt),
    });
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
