import type {
  DescribeEndpointCommandInput,
  DescribeEndpointCommandOutput,
  ListEndpointsCommandInput,
  ListEndpointsCommandOutput,
} from '@aws-sdk/client-sagemaker';
import { arnOf, type SageMakerContext } from '../context.ts';
import { variantSummaries } from '../endpoints/variant-summaries.ts';
import { couldNotFind } from '../errors.ts';
import { page } from '../listing.ts';
import type { EndpointRecord } from '../records.ts';

export function findEndpoint(sagemaker: SageMakerContext, name: string): EndpointRecord {
  const endpoint = sagemaker.store.endpoints.get(name);
  if (endpoint === undefined) throw couldNotFind('endpoint', arnOf(sagemaker, 'endpoint', name));
  return endpoint;
}

export function describeEndpoint(
  sagemaker: SageMakerContext,
  input: DescribeEndpointCommandInput,
): Omit<DescribeEndpointCommandOutput, '$metadata'> {
  const endpoint = findEndpoint(sagemaker, input.EndpointName!);
  const { pending } = endpoint;
  const variants = variantSummaries(endpoint);
  const capture = endpoint.plan[0]?.capture;
  return {
    EndpointName: endpoint.name,
    EndpointArn: endpoint.arn,
    EndpointConfigName: endpoint.config,
    EndpointStatus: endpoint.status,
    ...(variants.length === 0 ? {} : { ProductionVariants: variants }),
    ...(capture === undefined
      ? {}
      : {
          DataCaptureConfig: {
            EnableCapture: true,
            CaptureStatus: 'Started' as const,
            CurrentSamplingPercentage: capture.percent,
            DestinationS3Uri: capture.destination,
            KmsKeyId: '',
          },
        }),
    ...(endpoint.failureReason === undefined ? {} : { FailureReason: endpoint.failureReason }),
    ...(pending === undefined
      ? {}
      : {
          PendingDeploymentSummary: {
            EndpointConfigName: pending.config,
            StartTime: new Date(pending.started),
            ProductionVariants: pending.plan.map((variant) => ({
              VariantName: variant.name,
              DesiredWeight: variant.weight,
              ...(pending.stage === undefined ? {} : { VariantStatus: [{ Status: pending.stage }] }),
            })),
          },
        }),
    CreationTime: new Date(endpoint.created),
    LastModifiedTime: new Date(endpoint.modified),
  };
}

export function listEndpoints(
  { store }: SageMakerContext,
  input: ListEndpointsCommandInput,
): Omit<ListEndpointsCommandOutput, '$metadata'> {
  const { entries, next } = page(
    store.endpoints.list().map(({ value }) => value),
    input,
  );
  return {
    ...next,
    Endpoints: entries.map((endpoint) => ({
      EndpointName: endpoint.name,
      EndpointArn: endpoint.arn,
      CreationTime: new Date(endpoint.created),
      LastModifiedTime: new Date(endpoint.modified),
      EndpointStatus: endpoint.status,
    })),
  };
}
