import type {
  DescribeTrainingJobCommandInput,
  DescribeTrainingJobCommandOutput,
  ListTrainingJobsCommandInput,
  ListTrainingJobsCommandOutput,
} from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from '../context.ts';
import { requestedResourceNotFound } from '../errors.ts';
import { page } from '../listing.ts';
import type { TrainingJobRecord } from '../records.ts';

export function findJob({ store }: SageMakerContext, name: string): TrainingJobRecord {
  const job = store.jobs.get(name);
  if (job === undefined) throw requestedResourceNotFound();
  return job;
}

export function describeTrainingJob(
  sagemaker: SageMakerContext,
  input: DescribeTrainingJobCommandInput,
): Omit<DescribeTrainingJobCommandOutput, '$metadata'> {
  const job = findJob(sagemaker, input.TrainingJobName!);
  const { request, metrics } = job;
  const seconds = secondsOf(job);
  return {
    ...request,
    TrainingJobName: input.TrainingJobName!,
    StoppingCondition: request.StoppingCondition!,
    OutputDataConfig: { CompressionType: 'GZIP', KmsKeyId: '', ...request.OutputDataConfig! },
    TrainingJobArn: job.arn,
    TrainingJobStatus: job.status,
    SecondaryStatus: job.secondary,
    CreationTime: new Date(job.created),
    LastModifiedTime: new Date(job.modified),
    ...(job.started === undefined ? {} : { TrainingStartTime: new Date(job.started) }),
    ...(job.ended === undefined ? {} : { TrainingEndTime: new Date(job.ended) }),
    ...(job.failureReason === undefined ? {} : { FailureReason: job.failureReason }),
    ...(seconds === undefined ? {} : { TrainingTimeInSeconds: seconds, BillableTimeInSeconds: seconds }),
    ModelArtifacts: { S3ModelArtifacts: job.modelArtifacts ?? '' },
    SecondaryStatusTransitions: job.transitions.map(({ status, started, ended, message }) => ({
      Status: status,
      StartTime: new Date(started),
      ...(ended === undefined ? {} : { EndTime: new Date(ended) }),
      StatusMessage: message,
    })),
    ...(metrics === undefined
      ? {}
      : {
          FinalMetricDataList: metrics.map(({ name, value, at }) => ({
            MetricName: name,
            Value: value,
            Timestamp: new Date(at),
          })),
        }),
    EnableNetworkIsolation: request.EnableNetworkIsolation ?? false,
    EnableInterContainerTrafficEncryption: request.EnableInterContainerTrafficEncryption ?? false,
    EnableManagedSpotTraining: request.EnableManagedSpotTraining ?? false,
  };
}

/** Whole seconds on instances, begun ones counting; undefined until the job has ended. */
export function secondsOf({ started, ended, interruptions }: TrainingJobRecord): number | undefined {
  if (started === undefined || ended === undefined) return undefined;
  return Math.ceil((ended - started + (interruptions?.ran ?? 0)) / 1000);
}

export function listTrainingJobs(
  { store }: SageMakerContext,
  input: ListTrainingJobsCommandInput,
): Omit<ListTrainingJobsCommandOutput, '$metadata'> {
  const jobs = store.jobs.list().map(({ key, value }) => ({ name: key, ...value }));
  const { entries, next } = page(jobs, input);
  return {
    ...next,
    TrainingJobSummaries: entries.map((job) => ({
      TrainingJobName: job.name,
      TrainingJobArn: job.arn,
      CreationTime: new Date(job.created),
      LastModifiedTime: new Date(job.modified),
      ...(job.ended === undefined ? {} : { TrainingEndTime: new Date(job.ended) }),
      TrainingJobStatus: job.status,
      SecondaryStatus: job.secondary,
    })),
  };
}
