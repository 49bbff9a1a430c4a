import type { SageMakerContext } from '../context.ts';
import { tagsOf } from '../operations/tags.ts';
import { findTransformJob } from '../operations/transform-jobs.ts';

/**
 * Publishes `SageMaker Transform Job State Change` with the job as it stands. Times are milliseconds ("Events
 * that SageMaker AI sends to Amazon EventBridge", developer guide).
 */
export function publishTransformJob(sagemaker: SageMakerContext, name: string): void {
  const { request, arn, status, failureReason, created, started, ended } = findTransformJob(sagemaker, name);
  sagemaker.world.publish({
    source: 'aws.sagemaker',
    'detail-type': 'SageMaker Transform Job State Change',
    resources: [arn],
    detail: {
      ...request,
      TransformJobArn: arn,
      TransformJobStatus: status,
      ...(failureReason === undefined ? {} : { FailureReason: failureReason }),
      CreationTime: created,
      ...(started === undefined ? {} : { TransformStartTime: started }),
      ...(ended === undefined ? {} : { TransformEndTime: ended }),
      Tags: tagsOf(sagemaker, arn),
    },
  });
}
