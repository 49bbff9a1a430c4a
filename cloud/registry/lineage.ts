import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { NotFoundError } from '#core/errors.ts';
import { modelPackageGroupName } from '#core/names.ts';
import { findServingEndpoint, type ServingEndpoint } from '../endpoints/serving-endpoint.ts';
import type { PromotionStore } from '../records/promotion-store.ts';
import { findLiveModel } from './live-model.ts';
import type { RegisteredModel } from './model-packages.ts';

/** What an endpoint that serves a domain was made from. */
export interface Lineage {
  domain: string;
  endpoint: ServingEndpoint;
  /** Of model packages. */
  group: string;
  model: RegisteredModel;
}

/** One thing, with what it was made from. */
export interface LineageStep {
  kind:
    | 'Endpoint'
    | 'Configuration'
    | 'Model on it'
    | 'Model package'
    | 'Promotion'
    | 'Training images'
    | 'Test images'
    | 'General model'
    | 'Data set'
    | 'Imported from';
  name: string;
  details: string[];
  from: LineageStep[];
}

export interface LineageServices {
  sagemaker: SageMakerClient;
  /** Asked only where the domain has no endpoint of its own. */
  champions: Pick<PromotionStore['champions'], 'find'>;
  /** With which the deployment's names begin. */
  prefix: string;
}

/** @throws NotFoundError when nothing is live, or the registry does not know it */
export async function findLineage(
  { sagemaker, champions, prefix }: LineageServices,
  domain: string,
): Promise<Lineage> {
  const endpoint = await findServingEndpoint(sagemaker, { champions }, { prefix, domain });
  if (endpoint === undefined) {
    throw new NotFoundError(`The domain "${domain}" has no endpoint in ${prefix}`, {
      hint: 'No model of it has been promoted yet, or it belongs to another deployment.',
    });
  }
  const group = modelPackageGroupName(prefix, domain);
  const model = await findLiveModel(sagemaker, group, endpoint.deployed);
  if (model !== undefined) return { domain, endpoint, group, model };
  throw new NotFoundError(
    `No model package of ${group} says that it was deployed as ${endpoint.deployed}, which ${endpoint.name} serves`,
    { hint: 'The log of the function "registerModel" says why a model could not be registered.' },
  );
}

/** The chain from the endpoint back to the general model's data set. */
export function lineageSteps({ domain, endpoint, group, model }: Lineage): LineageStep {
  const { version, approval, createdAt, metadata } = model;
  const { deployed, state } = endpoint;
  const [accuracy, baselineAccuracy] = [metadata.accuracy, metadata.baselineAccuracy].map((text) =>
    Number(text).toFixed(3),
  );
  const promotion = step('Promotion', metadata.execution, {
    details: [`training job ${metadata.trainingJob}`],
    from: [
      imagesStep('Training images', domain, metadata.trainImages, metadata.trainDigest),
      imagesStep('Test images', domain, metadata.testImages, metadata.testDigest),
      generalStep(metadata),
    ],
  });
  const packaged = step('Model package', `${group} version ${version}`, {
    details: [
      `${approval}, ${createdAt.toISOString()}`,
      `accuracy ${accuracy}, ${baselineAccuracy} without transfer learning`,
      ...(metadata.forcedBy === undefined
        ? []
        : [
            `FORCED by ${metadata.forcedBy}, although the gate said no: ${metadata.forcedReason ?? 'no reason given'}`,
          ]),
    ],
    from: [promotion],
  });
  const kind = state.endpointConfig === deployed ? 'Configuration' : 'Model on it';
  return step('Endpoint', endpoint.name, {
    details: [state.status],
    from: [step(kind, deployed, { details: [], from: [packaged] })],
  });
}

const imagesStep = (kind: LineageStep['kind'], domain: string, images: string, digest: string) =>
  step(kind, domain, { details: [`${images} images, digest ${digest}`], from: [] });

function generalStep(metadata: RegisteredModel['metadata']): LineageStep {
  const { generalModel, generalVersion, manifestSha256, generalSource } = metadata;
  const source =
    generalSource === undefined
      ? step('Data set', metadata.generalDataSet ?? 'unknown', {
          details: [
            `${metadata.generalDataSetImages ?? '?'} images, digest ${metadata.generalDataSetDigest ?? 'unknown'}`,
          ],
          from: [],
        })
      : step('Imported from', generalSource, {
          details: [
            `${metadata.generalSourceFormat ?? 'unknown format'}, SHA-256 ${metadata.generalSourceDigest ?? 'unknown'}`,
          ],
          from: [],
        });
  return step('General model', `${generalModel}/${generalVersion}`, {
    details: [`manifest ${manifestSha256 ?? 'unknown'}`],
    from: [source],
  });
}

const step = (
  kind: LineageStep['kind'],
  name: string,
  { details, from }: Pick<LineageStep, 'details' | 'from'>,
): LineageStep => ({ kind, name, details, from });
