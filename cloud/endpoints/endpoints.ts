import {
  CreateEndpointCommand,
  DeleteEndpointCommand,
  type DeploymentConfig,
  DescribeEndpointCommand,
  type EndpointStatus,
  type SageMakerClient,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { BusyError, DeploymentFailedError } from '#core/errors.ts';
import { isExisting, isMissing, isValidation } from '../aws/failures.ts';
import { promotionTags, type Tagged } from '../aws/tags.ts';
import { notVisibleYet } from './existing.ts';

/** Whether a request was refused because the endpoint changes now. */
const isRefusedWhileChanging = (error: unknown) =>
  isValidation(error) && /in[- ]progress|currently being/i.test(error.message);

/** The present state of an endpoint. */
export interface EndpointState {
  status: EndpointStatus;
  endpointConfig: string;
  /** The configuration that a change under way leads to. */
  pendingConfig: string | undefined;
  failureReason: string | undefined;
  serverless: boolean;
  /** Name of its (first) variant. */
  variant: string | undefined;
  /**
   * Instances that autoscaling or the configuration wants of it; undefined when it is serverless, or was
   * never in service.
   */
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

/** @throws BusyError when something is not ready yet, DeploymentFailedError when it is refused */
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

export interface EndpointUpdate {
  endpoint: string;
  endpointConfig: string;
  /**
   * Keeps instance count and weight, as autoscaling has set them; only for instances on both sides. Data
   * capture is never kept: the new configuration says what its owner wants.
   */
  keepVariantProperties: boolean;
  /** How requests move; all at once by default. */
  deployment?: DeploymentConfig;
  /** Whether the instance count of the new configuration replaces autoscaling's. */
  newCount?: boolean;
}

/**
 * Moves an endpoint to another configuration.
 *
 * @throws BusyError when the endpoint or the configuration is not ready, DeploymentFailedError when it is
 *   refused
 */
export async function updateEndpoint(
  sagemaker: SageMakerClient,
  { endpoint, endpointConfig, keepVariantProperties, deployment, newCount }: EndpointUpdate,
): Promise<void> {
  const retained = {
    RetainAllVariantProperties: true,
    ExcludeRetainedVariantProperties: [
      { VariantPropertyType: 'DataCaptureConfig' as const },
      ...(newCount ? [{ VariantPropertyType: 'DesiredInstanceCount' as const }] : []),
    ],
  };
  await requestChange(
    endpoint,
    sagemaker.send(
      new UpdateEndpointCommand({
        EndpointName: endpoint,
        EndpointConfigName: endpointConfig,
        ...(keepVariantProperties ? retained : {}),
        ...(deployment === undefined ? {} : { DeploymentConfig: deployment }),
      }),
    ),
  );
}

async function requestChange(endpoint: string, request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (isMissing(error)) throw notVisibleYet(error as Error);
    if (isRefusedWhileChanging(error))
      throw new BusyError(`Endpoint ${endpoint} is changing`, { cause: error });
    // The SDK may have repeated our own request after its response was lost: the next attempt finds the
    // endpoint.
    if (isExisting(error)) throw new BusyError(`Endpoint ${endpoint} exists by now`, { cause: error });
    if (isValidation(error)) {
      throw new DeploymentFailedError(`SageMaker refused to change endpoint ${endpoint}: ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** An endpoint that is missing or being deleted is ignored. */
export async function deleteEndpoint(sagemaker: SageMakerClient, endpoint: string): Promise<void> {
  try {
    await sagemaker.send(new DeleteEndpointCommand({ EndpointName: endpoint }));
  } catch (error) {
    if (!isMissing(error) && !isRefusedWhileChanging(error)) throw error;
  }
}
