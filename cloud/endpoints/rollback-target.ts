import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { Champion } from '#core/contracts/outcome.ts';
import { NotFoundError } from '#core/errors.ts';
import { isNoSuchObject, objectExists } from '../aws/objects.ts';

/**
 * Makes sure that everything an earlier champion was served from is still there, before anything is changed: SageMaker accepts an update
 * to a configuration whose artefact is gone, and finds out when it starts the containers.
 *
 * @returns whether its configuration is serverless
 * @throws NotFoundError naming what is gone
 */
export async function requireServable(
  { s3, sagemaker }: { s3: S3Client; sagemaker: SageMakerClient },
  artifactsBucket: string,
  champion: Champion,
): Promise<{ serverless: boolean }> {
  const { domain, version, endpointConfig, modelName, evaluationKey } = champion;
  const gone = (what: string, cause?: unknown) =>
    new NotFoundError(`"${domain}" cannot go back to ${version}: ${what} is gone`, {
      hint: 'Clean-up keeps the last few only. Promote that version again, or roll back to another one.',
      cause,
    });
  const config = await known(
    sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName: endpointConfig })),
    (cause) => gone(`endpoint configuration ${endpointConfig}`, cause),
  );
  const variant = config.ProductionVariants?.[0];
  const model = await known(
    sagemaker.send(new DescribeModelCommand({ ModelName: variant?.ModelName ?? modelName })),
    (cause) => gone(`model ${variant?.ModelName ?? modelName}`, cause),
  );
  const url = model.PrimaryContainer?.ModelDataUrl ?? '';
  const artefact = /^s3:\/\/([^/]+)\/(.+)$/.exec(url);
  if (artefact === null) throw gone(`the artefact of model ${modelName}`);
  try {
    await s3.send(new HeadObjectCommand({ Bucket: artefact[1], Key: artefact[2] }));
  } catch (cause) {
    throw isNoSuchObject(cause) ? gone(url, cause) : cause;
  }
  // Without it there is nothing to confirm the endpoint with.
  if (!(await objectExists(s3, artifactsBucket, evaluationKey))) {
    throw gone(`s3://${artifactsBucket}/${evaluationKey}`);
  }
  return { serverless: variant?.ServerlessConfig !== undefined };
}

async function known<Description>(
  description: Promise<Description>,
  gone: (cause: Error) => Error,
): Promise<Description> {
  try {
    return await description;
  } catch (error) {
    const missing =
      error instanceof Error &&
      error.name === 'ValidationException' &&
      /could not find|not found/i.test(error.message);
    throw missing ? gone(error) : error;
  }
}
