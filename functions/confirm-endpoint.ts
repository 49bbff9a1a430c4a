import * as z from 'zod';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client, sageMakerClient, sageMakerRuntimeClient } from '#cloud/aws/clients.ts';
import { log } from '#cloud/aws/log.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { chooseGoldenImages, findKeptImages, type GoldenImage } from '#cloud/data/golden-images.ts';
import { describeEndpoint } from '#cloud/endpoints/endpoints.ts';
import { askEndpoint, mismatchWith } from '#cloud/endpoints/golden-answers.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import type { EvaluationRow } from '#core/contracts/evaluation.ts';
import type { GoldenAnswer } from '#core/contracts/golden-answers.ts';
import {
  type Confirmed,
  deployedSchema,
  domainSubjectSchema,
  manualSchema,
} from '#core/contracts/promotion-state.ts';
import { DeploymentFailedError, GoldenMismatchError } from '#core/errors.ts';
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
    const answers: GoldenAnswer[] = [];
    try {
      for (const { row, bucket, key } of golden) {
        const image = await bucket.read(key);
        answers.push(await answerAbout(input.deployment, row, image));
        const { mismatch } = answers.at(-1)!;
        if (mismatch !== undefined) throw new GoldenMismatchError(mismatch);
      }
    } finally {
      await keep(input, golden.length, answers);
    }
    return { goldenImages: golden.length };
  };

  async function answerAbout(
    deployment: z.output<typeof deployedSchema>,
    row: EvaluationRow,
    image: Uint8Array,
  ): Promise<GoldenAnswer> {
    try {
      const { predictions } = await askEndpoint(runtime, deployment, row.id, image);
      const { label, probability } = predictions[0]!;
      const mismatch = mismatchWith(deployment.endpoint, row, { label, probability });
      return { row, answer: { label, probability }, ...(mismatch === undefined ? {} : { mismatch }) };
    } catch (error) {
      if (!(error instanceof GoldenMismatchError)) throw error;
      return { row, mismatch: error.message };
    }
  }

  /** For people to look at: a deployment does not fail because it cannot be kept. */
  async function keep(
    { execution, domain, deployment, evaluationKey }: z.output<typeof inputSchema>,
    images: number,
    answers: GoldenAnswer[],
  ): Promise<void> {
    const { endpoint } = deployment;
    await store.goldenAnswers
      .save({ execution, domain }, { schemaVersion: 1, endpoint, evaluationKey, images, answers })
      .catch((error: unknown) => log.warn('the answers about golden images are not kept', { error }));
  }

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
