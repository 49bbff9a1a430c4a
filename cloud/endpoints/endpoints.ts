import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  type DataCaptureConfig,
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  type DeploymentConfig,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  type ProductionVariant,
  type SageMakerClient,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import type { EndpointSettings } from '#core/contracts/domain.ts';
import { BusyError, DeploymentFailedError } from '#core/errors.ts';
import type { Vpc } from '../aws/settings.ts';
import { promotionTags, type Tagged } from '../aws/tags.ts';

/** Every endpoint has one variant, always of this name: guardrails need the same name on both sides of an update. */
export const VARIANT = 'AllTraffic';

/** SageMaker's ValidationException covers "no such thing", "exists already", "is changing" and "is wrong": only its text tells. */
const isValidation = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'ValidationException';
const isMissing = (error: unknown) => isValidation(error) && /could not find|not found/i.test(error.message);
const isChanging = (error: unknown) =>
  isValidation(error) && /in[- ]progress|currently being/i.test(error.message);
const isExisting = (error: unknown) => isValidation(error) && /already exist/i.test(error.message);

/** How an endpoint stands. */
export interface EndpointState {
  /** As SageMaker writes it: `InService`, `Creating`, `Updating`, `Failed`, … */
  status: string;
  endpointConfig: string;
  /** The configuration that a change under way leads to. */
  pendingConfig: string | undefined;
  failureReason: string | undefined;
  serverless: boolean;
  /** Name of its (first) variant. */
  variant: string | undefined;
  /** Instances that autoscaling or the configuration wants of it; undefined when it is serverless or in service for nobody yet. */
  instances: number | undefined;
}

/** Undefined when there is no such endpoint. */
export async function describeEndpoint(
  sagemaker: SageMakerClient,
  endpoint: string,
): Promise<EndpointState | undefined> {
  try {
    const description = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: endpoint }));
    const variant = description.ProductionVariants?.[0];
    return {
      status: description.EndpointStatus!,
      endpointConfig: description.EndpointConfigName!,
      pendingConfig: description.PendingDeploymentSummary?.EndpointConfigName,
      failureReason: description.FailureReason,
      serverless: variant?.CurrentServerlessConfig !== undefined,
      variant: variant?.VariantName,
      instances: variant?.DesiredInstanceCount ?? variant?.CurrentInstanceCount,
    };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export interface ModelRequest extends Tagged {
  name: string;
  image: string;
  modelDataUrl: string;
  roleArn: string;
  /** Not for serverless endpoints, which SageMaker lets into no VPC. */
  vpc?: Vpc | undefined;
}

/**
 * Creates a model, or finds the one that an earlier attempt created: its name is derived from what it serves.
 *
 * @throws DeploymentFailedError when one of that name serves something else
 */
export async function ensureModel(sagemaker: SageMakerClient, request: ModelRequest): Promise<void> {
  const { name, image, modelDataUrl, roleArn } = request;
  try {
    await sagemaker.send(
      new CreateModelCommand({
        ModelName: name,
        ExecutionRoleArn: roleArn,
        PrimaryContainer: { Image: image, Mode: 'SingleModel', ModelDataUrl: modelDataUrl },
        ...(request.vpc === undefined ? {} : { VpcConfig: request.vpc }),
        Tags: promotionTags(request),
      }),
    );
  } catch (error) {
    if (!isValidation(error)) throw error;
    const existing = await found(sagemaker.send(new DescribeModelCommand({ ModelName: name })), error);
    const container = existing.PrimaryContainer;
    if (container?.ModelDataUrl !== modelDataUrl || container.Image !== image) {
      throw new DeploymentFailedError(`Model ${name} exists and serves ${container?.ModelDataUrl}`, {
        hint: 'Delete that model, or start another execution.',
        cause: error,
      });
    }
  }
}

/** The one production variant of an endpoint configuration. */
export function productionVariant(modelName: string, settings: EndpointSettings): ProductionVariant {
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

/**
 * Creates an endpoint configuration, or finds the one that an earlier attempt created: its name is derived from its content.
 *
 * @throws BusyError while SageMaker does not know the model yet
 * @throws DeploymentFailedError when one of that name names another model
 */
export async function ensureEndpointConfig(
  sagemaker: SageMakerClient,
  subject: Tagged,
  name: string,
  variant: ProductionVariant,
  capture?: DataCaptureConfig,
): Promise<void> {
  try {
    await sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: name,
        ProductionVariants: [variant],
        ...(capture === undefined ? {} : { DataCaptureConfig: capture }),
        Tags: promotionTags(subject),
      }),
    );
  } catch (error) {
    if (isMissing(error)) throw notYet(error as Error);
    if (!isValidation(error)) throw error;
    const existing = await found(
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

/** The description of what is said to exist; the original error where it does not, since then that was about something else. */
async function found<Description>(description: Promise<Description>, original: Error): Promise<Description> {
  try {
    return await description;
  } catch (error) {
    if (isMissing(error)) {
      throw new DeploymentFailedError(`SageMaker refused the request: ${original.message}`, {
        cause: original,
      });
    }
    throw error;
  }
}

/** What has just been created can be unknown for some seconds, to another part of SageMaker. */
const notYet = (cause: Error) => new BusyError(`SageMaker does not know it yet: ${cause.message}`, { cause });

/** @throws BusyError when the endpoint or the configuration is not ready for it, DeploymentFailedError when it is refused */
export async function createEndpoint(
  sagemaker: SageMakerClient,
  subject: Tagged,
  endpoint: string,
  endpointConfig: string,
): Promise<void> {
  await requestChange(
    endpoint,
    sagemaker.send(
      new CreateEndpointCommand({
        EndpointName: endpoint,
        EndpointConfigName: endpointConfig,
        Tags: promotionTags(subject),
      }),
    ),
  );
}

/**
 * Moves an endpoint to another configuration.
 *
 * @param keepVariantProperties keep instance count and weight, as autoscaling has set them; only for instances on both sides.
 *   Data capture is never kept: what the new configuration says is what its owner wants
 * @param rollout how requests move, all at once when left out; whether the count of the new configuration replaces autoscaling's
 * @throws BusyError when the endpoint or the configuration is not ready for it, DeploymentFailedError when it is refused
 */
export async function updateEndpoint(
  sagemaker: SageMakerClient,
  endpoint: string,
  endpointConfig: string,
  keepVariantProperties: boolean,
  rollout: { deployment?: DeploymentConfig; newCount?: boolean } = {},
): Promise<void> {
  await requestChange(
    endpoint,
    sagemaker.send(
      new UpdateEndpointCommand({
        EndpointName: endpoint,
        EndpointConfigName: endpointConfig,
        ...(keepVariantProperties
          ? {
              RetainAllVariantProperties: true,
              ExcludeRetainedVariantProperties: [
                { VariantPropertyType: 'DataCaptureConfig' as const },
                ...(rollout.newCount ? [{ VariantPropertyType: 'DesiredInstanceCount' as const }] : []),
              ],
            }
          : {}),
        ...(rollout.deployment === undefined ? {} : { DeploymentConfig: rollout.deployment }),
      }),
    ),
  );
}

async function requestChange(endpoint: string, request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (isMissing(error)) throw notYet(error as Error);
    if (isChanging(error)) throw new BusyError(`Endpoint ${endpoint} is changing`, { cause: error });
    // Of our own request, when its response was lost and the SDK has repeated it: the next attempt finds the endpoint as it is.
    if (isExisting(error)) throw new BusyError(`Endpoint ${endpoint} exists by now`, { cause: error });
    if (isValidation(error)) {
      throw new DeploymentFailedError(`SageMaker refused to change endpoint ${endpoint}: ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** Deleting what is not there, or is being deleted, is fine. */
export async function deleteEndpoint(sagemaker: SageMakerClient, endpoint: string): Promise<void> {
  try {
    await sagemaker.send(new DeleteEndpointCommand({ EndpointName: endpoint }));
  } catch (error) {
    if (!isMissing(error) && !isChanging(error)) throw error;
  }
}

/** What a configuration says about its first variant; undefined when there is no such configuration. */
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

/** SageMaker does not look whether anybody uses it; one that is not there is fine. */
export async function deleteEndpointConfig(sagemaker: SageMakerClient, name: string): Promise<void> {
  try {
    await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: name }));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** One that is not there is fine. */
export async function deleteModel(sagemaker: SageMakerClient, name: string): Promise<void> {
  try {
    await sagemaker.send(new DeleteModelCommand({ ModelName: name }));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
