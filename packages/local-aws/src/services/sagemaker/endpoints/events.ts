import type { SageMakerContext } from '../context.ts';
import { tagsOf } from '../operations/tags.ts';
import type { EndpointRecord, LocalEndpointStatus } from '../records.ts';
import { variantSummaries } from './variant-summaries.ts';

/** Statuses as events write them. */
const EVENT_STATUS: Record<LocalEndpointStatus, string> = {
  Creating: 'CREATING',
  Updating: 'UPDATING',
  SystemUpdating: 'SYSTEM_UPDATING',
  RollingBack: 'ROLLING_BACK',
  InService: 'IN_SERVICE',
  Deleting: 'DELETING',
  Failed: 'FAILED',
};

/** Publishes `SageMaker Endpoint State Change` with the endpoint as it stands; times are milliseconds. */
export function publishEndpoint(sagemaker: SageMakerContext, endpoint: EndpointRecord): void {
  sagemaker.world.publish({
    source: 'aws.sagemaker',
    'detail-type': 'SageMaker Endpoint State Change',
    resources: [endpoint.arn],
    detail: {
      EndpointName: endpoint.name,
      EndpointArn: endpoint.arn,
      EndpointConfigName: endpoint.config,
      ProductionVariants: variantSummaries(endpoint).map(
        ({ DeployedImages: _images, ...variant }) => variant,
      ),
      EndpointStatus: EVENT_STATUS[endpoint.status],
      ...(endpoint.failureReason === undefined ? {} : { FailureReason: endpoint.failureReason }),
      CreationTime: endpoint.created,
      LastModifiedTime: endpoint.modified,
      Tags: tagsOf(sagemaker, endpoint.arn),
    },
  });
}
