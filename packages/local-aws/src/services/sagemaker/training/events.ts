import type { SageMakerContext } from '../context.ts';
import { findJob, secondsOf } from '../operations/describe-training-job.ts';
import { tagsOf } from '../operations/tags.ts';

/**
 * Publishes `SageMaker Training Job State Change`, as SageMaker does for every secondary status. Times are
 * milliseconds ("Events that SageMaker AI sends to Amazon EventBridge", developer guide).
 */
export function publishJob(sagemaker: SageMakerContext, name: string): void {
  const job = findJob(sagemaker, name);
  const { request } = job;
  const seconds = secondsOf(job);
  sagemaker.world.publish({
    source: 'aws.sagemaker',
    'detail-type': 'SageMaker Training Job State Change',
    resources: [job.arn],
    detail: {
      TrainingJobName: name,
      TrainingJobArn: job.arn,
      TrainingJobStatus: job.status,
      SecondaryStatus: job.secondary,
      ...(job.failureReason === undefined ? {} : { FailureReason: job.failureReason }),
      HyperParameters: request.HyperParameters ?? {},
      AlgorithmSpecification: request.AlgorithmSpecification,
      RoleArn: request.RoleArn,
      InputDataConfig: request.InputDataConfig ?? [],
      OutputDataConfig: request.OutputDataConfig,
      ResourceConfig: request.ResourceConfig,
      StoppingCondition: request.StoppingCondition,
      ...(job.modelArtifacts === undefined
        ? {}
        : { ModelArtifacts: { S3ModelArtifacts: job.modelArtifacts } }),
      CreationTime: job.created,
      ...(job.started === undefined ? {} : { TrainingStartTime: job.started }),
      ...(job.ended === undefined ? {} : { TrainingEndTime: job.ended }),
      ...(seconds === undefined ? {} : { TrainingTimeInSeconds: seconds, BillableTimeInSeconds: seconds }),
      LastModifiedTime: job.modified,
      SecondaryStatusTransitions: job.transitions.map(({ status, started, ended, message }) => ({
        Status: status,
        StartTime: started,
        ...(ended === undefined ? {} : { EndTime: ended }),
        StatusMessage: message,
      })),
      ...(job.metrics === undefined
        ? {}
        : {
            FinalMetricDataList: job.metrics.map(({ name: metric, value, at }) => ({
              MetricName: metric,
              Value: value,
              Timestamp: at,
            })),
          }),
      Tags: tagsOf(sagemaker, job.arn),
    },
  });
}
