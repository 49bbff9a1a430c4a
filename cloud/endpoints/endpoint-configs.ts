import {
  CreateEndpointConfigCommand,
  type DataCaptureConfig,
  DeleteEndpointConfigCommand,
  DescribeEndpointConfigCommand,
  type ProductionVariant,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { OwnEndpointSettings } from '#core/contracts/domain.ts';
import { DeploymentFailedError } from '#core/errors.ts';
import { isMissing, isValidation } from '../aws/failures.ts';
import { promotionTags, type Tagged } from '../aws/tags.ts';
import { describeExisting, notVisibleYet } from './existing.ts';

/** Name of every endpoint's one variant: guardrails need the same name on both sides of an update. */
export const VARIANT = 'AllTraffic';

/** The one production variant of an endpoint configuration. */
export function productionVariant(modelName: string, settings: OwnEndpointSettings): ProductionVariant {
  return {
    VariantName: VARIANT,
    ModelName: modelName,
    ...(settings.type === 'serverless'
      ? { ServerlessConfig: { MemorySizeInMB: settings.memoryMb, MaxConcurrency: settings.maxConcurrency } }
      : {
          InstanceType: settings.instanceType as NonNullable<ProductionVariant['InstanceType']>,
          InitialInstanceCount: settings.instanceCount,
          InitialVariantWeight: 1,
        }),
  };
}

export interface ConfigRequest extends Tagged {
  name: string;
  variant: ProductionVariant;
  capture?: DataCaptureConfig | undefined;
}

/**
 * Creates an endpoint configuration, or finds the one that an earlier attempt created: its name is derived
 * from its content.
 *
 * @throws BusyError while SageMaker does not know the model yet
 * @throws DeploymentFailedError when one of that name names another model
 */
export async function ensureEndpointConfig(
  sagemaker: SageMakerClient,
  request: ConfigRequest,
): Promise<void> {
  const { name, variant, capture } = request;
  try {
    await sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: name,
        ProductionVariants: [variant],
        ...(capture === undefined ? {} : { DataCaptureConfig: capture }),
        Tags: promotionTags(request),
      }),
    );
  } catch (error) {
    if (isMissing(error)) throw notVisibleYet(error as Error);
    if (!isValidation(error)) throw error;
    const existing = await describeExisting(
      sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName: name })),
      error,
    );
    const modelName = existing.ProductionVariants?.[0]?.ModelName;
    if (modelName !== variant.ModelName) {
      throw new DeploymentFailedError(`Endpoint configuration ${name} exists and names model ${modelName}`, {
        hint: 'Delete that configuration, or start another execution.',
        cause: error,
      });
    }
  }
}

/** The first variant of a configuration; undefined when there is no such configuration. */
export async function describeConfig(
  sagemaker: SageMakerClient,
  endpointConfig: string,
): Promise<{ serverless: boolean; instances: number | undefined } | undefined> {
  try {
    const description = await sagemaker.send(
      new DescribeEndpointConfigCommand({ EndpointConfigName: endpointConfig }),
    );
    const variant = description.ProductionVariants?.[0];
    return {
      serverless: variant?.ServerlessConfig !== undefined,
      instances: variant?.InitialInstanceCount,
    };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether a configuration is serverless; undefined when there is no such configuration. */
export async function isServerlessConfig(
  sagemaker: SageMakerClient,
  endpointConfig: string,
): Promise<boolean | undefined> {
  return (await describeConfig(sagemaker, endpointConfig))?.serverless;
}

/** A missing one is ignored. SageMaker does not refuse to delete one that an endpoint uses. */
export async function deleteEndpointConfig(sagemaker: SageMakerClient, name: string): Promise<void> {
  try {
    await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: name }));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
