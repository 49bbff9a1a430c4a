import type {
  DescribeTransformJobCommandInput,
  DescribeTransformJobCommandOutput,
  ListTransformJobsCommandInput,
  ListTransformJobsCommandOutput,
  StopTransformJobCommandInput,
} from '@aws-sdk/client-sagemaker';
import type { SageMakerContext, SageMakerControl } from '../context.ts';
import { requestedResourceNotFound, validation } from '../errors.ts';
import { page } from '../listing.ts';
import type { TransformJobRecord } from '../records.ts';

export function findTransformJob({ store }: SageMakerContext, name: string): TransformJobRecord {
  const job = store.transformJobs.get(name);
  if (job === undefined) throw requestedResourceNotFound();
  return job;
}

export function describeTransformJob(
  sagemaker: SageMakerContext,
  { TransformJobName: name }: DescribeTransformJobCommandInput,
): Omit<DescribeTransformJobCommandOutput, '$metadata'> {
  const { request, arn, status, created, started, ended, failureReason } = findTransformJob(sagemaker, name!);
  return {
    ...request,
    TransformJobName: name!,
    ModelName: request.ModelName!,
    TransformInput: { CompressionType: 'None', SplitType: 'None', ...request.TransformInput! },
    TransformOutput: { AssembleWith: 'None', KmsKeyId: '', ...request.TransformOutput! },
    TransformResources: request.TransformResources!,
    TransformJobArn: arn,
    TransformJobStatus: status,
    CreationTime: new Date(created),
    ...(started === undefined ? {} : { TransformStartTime: new Date(started) }),
    ...(ended === undefined ? {} : { TransformEndTime: new Date(ended) }),
    ...(failureReason === undefined ? {} : { FailureReason: failureReason }),
  };
}

export function listTransformJobs(
  { store }: SageMakerContext,
  input: ListTransformJobsCommandInput,
): Omit<ListTransformJobsCommandOutput, '$metadata'> {
  const jobs = store.transformJobs.list().map(({ key, value }) => ({ name: key, ...value }));
  const { entries, next } = page(jobs, input);
  return {
    ...next,
    TransformJobSummaries: entries.map((job) => ({
      TransformJobName: job.name,
      TransformJobArn: job.arn,
      CreationTime: new Date(job.created),
      LastModifiedTime: new Date(job.modified),
      ...(job.ended === undefined ? {} : { TransformEndTime: new Date(job.ended) }),
      TransformJobStatus: job.status,
      ...(job.failureReason === undefined ? {} : { FailureReason: job.failureReason }),
    })),
  };
}

export function stopTransformJob(sagemaker: SageMakerControl, input: StopTransformJobCommandInput) {
  const { status } = findTransformJob(sagemaker, input.TransformJobName!);
  if (status !== 'InProgress') {
    throw validation(`The request was rejected because the transform job is in status ${status}.`);
  }
  sagemaker.transforms.stop(input.TransformJobName!);
  return {};
}
