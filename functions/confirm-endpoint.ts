import { z } from 'zod';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client, sageMakerClient, sageMakerRuntimeClient } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { chooseGoldenImages, findKeptImages, type GoldenImage } from '#cloud/data/golden-images.ts';
import { describeEndpoint } from '#cloud/endpoints/endpoints.ts';
import { askEndpoint, compareWithRow } from '#cloud/endpoints/golden-answers.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import {
  type Confirmed,
  deployedSchema,
  domainSubjectSchema,
  manualSchema,
} from '#core/contracts/promotion-state.ts';
import { DeploymentFailedError } from '#core/errors.ts';
import { maximumBodyBytes } from '#core/prediction-requests.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

const inputSchema = domainSubjectSchema.extend({
  deployment: deployedSchema,
  evaluationKey: z.string(),
  manual: manualSchema.optional(),
});

/**
 * Statuses in which an endpoint answers. `SystemUpdating` is SageMaker's own maintenance: the endpoint
 * accepts no new configuration, but answers as before.
 */
const serving = new Set(['InService', 'SystemUpdating']);

/** Asks the live endpoint about test images, and compares its answers with the training job's. */
export function createConfirmEndpoint({
  store,
  data,
  sagemaker,
  runtime,
}: Services<'store' | 'data' | 'sagemaker' | 'runtime'>) {
  return async function confirmEndpoint(input: z.output<typeof inputSchema>): Promise<Confirmed> {
    const { endpoint, endpointConfig, targetModel } = input.deployment;
    const state = await describeEndpoint(sagemaker, endpoint);
    // The shared endpoint may move to another configuration meanwhile, of another image or size.
    const isOnIt = targetModel !== undefined || state?.endpointConfig === endpointConfig;
    if (!state || !serving.has(state.status) || !isOnIt) {
      throw new DeploymentFailedError(
        `Endpoint ${endpoint} is ${state ? `${state.status} on ${state.endpointConfig}` : 'gone'}, expected InService on ${endpointConfig}`,
      );
    }
    const golden =
      (await findKeptImages(store.bucket, input.evaluationKey)) ??
      (await currentImages(input, state.serverless));
    for (const { row, bucket, key } of golden) {
      const image = await bucket.read(key);
      compareWithRow(endpoint, row, await askEndpoint(runtime, input.deployment, row.id, image));
    }
    return { goldenImages: golden.length };
  };

  /**
   * Golden images for a promotion of an older Graft, which kept none. Test images that were replaced after
   * the measurement cannot be used.
   */
  async function currentImages(
    { domain, evaluationKey, manual }: z.output<typeof inputSchema>,
    serverless: boolean,
  ): Promise<GoldenImage[]> {
    const { rows } = await store.evaluations.read(evaluationKey);
    const { promotedAt } = manual?.rollback?.target ?? {};
    return chooseGoldenImages({
      data,
      domain,
      rows,
      limit: maximumBodyBytes(serverless ? 'serverless' : 'instances'),
      since: promotedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(promotedAt),
    });
  }
}

export const handler = lambda('ConfirmEndpoint', inputSchema, () => {
  const { dataBucket, artifactsBucket } = readSettings('dataBucket', 'artifactsBucket');
  const s3 = s3Client();
  return createConfirmEndpoint({
    store: promotionStore(s3, artifactsBucket),
    data: new Bucket(s3, dataBucket),
    sagemaker: sageMakerClient(),
    runtime: sageMakerRuntimeClient(),
  });
});
