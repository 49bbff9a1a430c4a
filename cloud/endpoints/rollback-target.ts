import {
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { Champion } from '#core/contracts/outcome.ts';
import { NotFoundError } from '#core/errors.ts';
import { sharedModelKey } from '#core/keys.ts';
import { Bucket, isNoSuchObject } from '../aws/bucket.ts';
import { isMissing } from '../aws/failures.ts';
import type { PromotionStore } from '../records/promotion-store.ts';

/**
 * Checks, before anything is changed, that everything an earlier champion was served from still exists.
 * SageMaker accepts an update to a configuration whose artifact is gone, and fails when it starts the
 * containers.
 *
 * @returns whether its configuration is serverless
 * @throws NotFoundError naming what is gone
 */
export async function requireServable(
  { store, sagemaker }: { store: PromotionStore; sagemaker: SageMakerClient },
  champion: Champion,
): Promise<{ serverless: boolean }> {
  const { domain, version, endpointConfig, modelName, evaluationKey, targetModel } = champion;
  const gone = (what: string, cause?: unknown) =>
    new NotFoundError(`"${domain}" cannot go back to ${version}: ${what} is gone`, {
      hint: 'Clean-up keeps the last few only. Promote that version again, or roll back to another one.',
      cause,
    });
  // Without its evaluation the endpoint cannot be confirmed.
  if (!(await store.bucket.exists(evaluationKey))) throw gone(store.bucket.uri(evaluationKey));
  if (targetModel !== undefined) {
    const key = sharedModelKey(targetModel);
    if (!(await store.bucket.exists(key))) throw gone(store.bucket.uri(key));
    return { serverless: false };
  }
  const config = await requireExisting(
    sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName: endpointConfig })),
    (cause) => gone(`endpoint configuration ${endpointConfig}`, cause),
  );
  const variant = config.ProductionVariants?.[0];
  const model = await requireExisting(
    sagemaker.send(new DescribeModelCommand({ ModelName: variant?.ModelName ?? modelName })),
    (cause) => gone(`model ${variant?.ModelName ?? modelName}`, cause),
  );
  const url = model.PrimaryContainer?.ModelDataUrl ?? '';
  const artifact = /^s3:\/\/([^/]+)\/(.+)$/.exec(url);
  if (artifact === null) throw gone(`the artifact of model ${modelName}`);
  try {
    await new Bucket(store.bucket.s3, artifact[1]!).head(artifact[2]!);
  } catch (cause) {
    throw isNoSuchObject(cause) ? gone(url, cause) : cause;
  }
  return { serverless: variant?.ServerlessConfig !== undefined };
}

async function requireExisting<Description>(
  description: Promise<Description>,
  gone: (cause: Error) => Error,
): Promise<Description> {
  try {
    return await description;
  } catch (error) {
    throw isMissing(error) ? gone(error) : error;
  }
}
