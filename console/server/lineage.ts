import { findServingEndpoint } from '#cloud/endpoints/serving-endpoint.ts';
import { findLiveModel } from '#cloud/registry/live-model.ts';
import type { RegisteredModel } from '#cloud/registry/model-packages.ts';
import { NotFoundError } from '#core/errors.ts';
import { modelPackageGroupName } from '#core/names.ts';
import type { LineageStep } from '../contracts/models.ts';
import type { ConsoleServices } from './services.ts';

/**
 * What a domain's endpoint was made from, down to the data sets, as `graft lineage` tells it.
 *
 * @throws NotFoundError when nothing is live, or the registry does not know it
 */
export async function lineageOf(
  { sagemaker, store, prefix }: ConsoleServices,
  domain: string,
): Promise<LineageStep> {
  const endpoint = await findServingEndpoint(sagemaker, store, { prefix, domain });
  if (endpoint === undefined) throw new NotFoundError(`The domain "${domain}" has no endpoint`);
  const { name, state, deployed } = endpoint;
  const group = modelPackageGroupName(prefix, domain);
  const model = await findLiveModel(sagemaker, group, deployed);
  if (model === undefined) {
    throw new NotFoundError(`No model package of ${group} says that it was deployed as ${deployed}`, {
      hint: 'The log of the function "registerModel" says why a model could not be registered.',
    });
  }
  return step(
    'Endpoint',
    name,
    [state.status],
    [step('Configuration', deployed, [], [packageStep(group, domain, model)])],
  );
}

function packageStep(
  group: string,
  domain: string,
  { version, approval, createdAt, metadata }: RegisteredModel,
) {
  const forced =
    metadata.forcedBy === undefined ? [] : [`forced by ${metadata.forcedBy}: ${metadata.forcedReason ?? ''}`];
  const [accuracy, baselineAccuracy] = [metadata.accuracy, metadata.baselineAccuracy].map((text) =>
    Number(text).toFixed(3),
  );
  return step(
    'Model package',
    `${group} version ${version}`,
    [
      approval,
      createdAt.toISOString(),
      `accuracy ${accuracy}, ${baselineAccuracy} without transfer learning`,
      ...forced,
    ],
    [
      {
        ...step(
          'Promotion',
          metadata.execution,
          [`training job ${metadata.trainingJob}`],
          [
            imagesStep('Training images', domain, metadata.trainImages, metadata.trainDigest),
            imagesStep('Test images', domain, metadata.testImages, metadata.testDigest),
            generalStep(metadata),
          ],
        ),
        href: `/promotions/${metadata.execution}/${domain}`,
      },
    ],
  );
}

function imagesStep(kind: string, domain: string, images: string, digest: string): LineageStep {
  return { ...step(kind, `${images} images`, [`digest ${digest}`], []), href: `/domains/${domain}/data` };
}

function generalStep(metadata: RegisteredModel['metadata']): LineageStep {
  const { generalModel, generalVersion, manifestSha256, generalSource } = metadata;
  const source =
    generalSource === undefined
      ? step(
          'Data set',
          metadata.generalDataSet ?? 'unknown',
          [
            `${metadata.generalDataSetImages ?? '?'} images`,
            `digest ${metadata.generalDataSetDigest ?? 'unknown'}`,
          ],
          [],
        )
      : step(
          'Imported from',
          generalSource,
          [
            metadata.generalSourceFormat ?? 'unknown format',
            `SHA-256 ${metadata.generalSourceDigest ?? 'unknown'}`,
          ],
          [],
        );
  return {
    ...step(
      'General model',
      `${generalModel} ${generalVersion}`,
      [`manifest ${manifestSha256 ?? 'unknown'}`],
      [source],
    ),
    href: '/models',
  };
}

const step = (kind: string, name: string, details: string[], from: LineageStep[]): LineageStep => ({
  ...{ kind, name, details, from },
});
