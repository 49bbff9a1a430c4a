import {
  CreateTransformJobCommand,
  type CreateTransformJobCommandInput,
  DescribeTransformJobCommand,
  ListTransformJobsCommand,
  ResourceInUse,
  type SageMakerClient,
  StopTransformJobCommand,
  type TransformInstanceType,
  type TransformJobSummary,
} from '@aws-sdk/client-sagemaker';
import type { BatchItem } from '#core/api/batches.ts';
import { batchManifestKey, batchResultsPrefix } from '#core/keys.ts';
import { INSTANCE_BODY_BYTES } from '#core/prediction-requests.ts';
import type { Bucket } from '../aws/bucket.ts';
import { isMissing, isValidation } from '../aws/failures.ts';
import type { Settings, SharedSettings } from '../aws/settings.ts';
import { promotionTags, type Tagged } from '../aws/tags.ts';

/** How a batch stands, as SageMaker says it. */
export type JobState = Omit<BatchItem, 'id'>;

export type BatchSettings = SharedSettings &
  Pick<
    Settings,
    'image' | 'roleArn' | 'endpointPrefix' | 'kmsKeyArn' | 'batchInstanceType' | 'batchInstanceCount'
  >;

export interface JobRequest extends Tagged {
  /** Also the name of the model that it runs. */
  job: string;
  id: string;
}

/** The request that starts a batch's transform job. */
export function transformJobInput(
  artifacts: Bucket,
  settings: BatchSettings,
  request: JobRequest,
): CreateTransformJobCommandInput {
  const { job, domain, id } = request;
  return {
    TransformJobName: job,
    ModelName: job,
    // How many requests are under way at once, the container says.
    MaxPayloadInMB: INSTANCE_BODY_BYTES / 1024 ** 2,
    BatchStrategy: 'SingleRecord',
    ModelClientConfig: { InvocationsTimeoutInSeconds: 120, InvocationsMaxRetries: 3 },
    TransformInput: {
      DataSource: {
        S3DataSource: { S3DataType: 'ManifestFile', S3Uri: artifacts.uri(batchManifestKey(domain, id)) },
      },
      // One type for all: of an image its first bytes count.
      ContentType: 'image/jpeg',
      SplitType: 'None',
      CompressionType: 'None',
    },
    TransformOutput: {
      S3OutputPath: artifacts.uri(batchResultsPrefix(domain, id)).replace(/\/$/, ''),
      Accept: 'application/json',
      AssembleWith: 'None',
      ...(settings.kmsKeyArn === undefined ? {} : { KmsKeyId: settings.kmsKeyArn }),
    },
    TransformResources: {
      InstanceType: settings.batchInstanceType as TransformInstanceType,
      InstanceCount: settings.batchInstanceCount,
    },
    Tags: promotionTags({ ...request, tags: settings.tags }),
  };
}

/** Creates the job; one of that name is the same, created by an earlier request. */
export async function createTransformJob(
  sagemaker: SageMakerClient,
  input: CreateTransformJobCommandInput,
): Promise<void> {
  try {
    await sagemaker.send(new CreateTransformJobCommand(input));
  } catch (error) {
    if (!(error instanceof ResourceInUse)) throw error;
  }
}

/** Undefined when there is no such job. */
export async function describeTransformJob(
  sagemaker: SageMakerClient,
  job: string,
): Promise<JobState | undefined> {
  try {
    return stateOf(await sagemaker.send(new DescribeTransformJobCommand({ TransformJobName: job })));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Stops a job; one that has ended, or is being stopped, is left as it is. */
export async function stopTransformJob(sagemaker: SageMakerClient, job: string): Promise<void> {
  try {
    await sagemaker.send(new StopTransformJobCommand({ TransformJobName: job }));
  } catch (error) {
    if (!isValidation(error) && !isMissing(error)) throw error;
  }
}

/**
 * A page of the jobs whose names begin so, the newest first.
 *
 * @param since milliseconds since 1970
 */
export async function listTransformJobs(
  sagemaker: SageMakerClient,
  { beginning, since, limit, token }: ListRequest,
): Promise<{ jobs: (JobState & { job: string })[]; next: string | undefined }> {
  const { TransformJobSummaries = [], NextToken } = await sagemaker.send(
    new ListTransformJobsCommand({
      NameContains: beginning,
      CreationTimeAfter: new Date(since),
      SortBy: 'CreationTime',
      SortOrder: 'Descending',
      MaxResults: limit,
      ...(token === undefined ? {} : { NextToken: token }),
    }),
  );
  const jobs = TransformJobSummaries.map((summary) => ({
    job: summary.TransformJobName!,
    ...stateOf(summary),
  }));
  return { jobs, next: NextToken };
}

export interface ListRequest {
  beginning: string;
  since: number;
  limit: number;
  /** Of the page before. */
  token: string | undefined;
}

const STATUSES = {
  InProgress: 'RUNNING',
  Stopping: 'STOPPING',
  Completed: 'SUCCEEDED',
  Failed: 'FAILED',
  Stopped: 'STOPPED',
} as const;

function stateOf({
  TransformJobStatus: status,
  CreationTime: created,
  TransformEndTime: ended,
  FailureReason: reason,
}: Pick<
  TransformJobSummary,
  'TransformJobStatus' | 'CreationTime' | 'TransformEndTime' | 'FailureReason'
>): JobState {
  return {
    status: STATUSES[status!],
    startedAt: created!.toISOString(),
    ...(ended === undefined ? {} : { endedAt: ended.toISOString() }),
    // SageMaker gives an empty one to jobs that are well.
    ...(reason === undefined || reason === '' ? {} : { reason }),
  };
}
