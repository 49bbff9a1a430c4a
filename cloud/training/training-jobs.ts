import {
  CreateTrainingJobCommand,
  type CreateTrainingJobCommandInput,
  DescribeTrainingJobCommand,
  ResourceInUse,
  type SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import type { Mode } from '#core/contracts/evaluation.ts';
import type { DomainSubject, Trained, TrainingResources } from '#core/contracts/promotion-state.ts';
import {
  checkpointsPrefix,
  domainSnapshotPrefix,
  generalModelPrefix,
  imagesPrefix,
  trainingOutputPrefix,
} from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';
import { isMissing, isValidation } from '../aws/failures.ts';
import type { TrainingSettings } from '../aws/settings.ts';
import { promotionTags } from '../aws/tags.ts';

/** Enough for many times the general model, the images, their pixels and their features. */
const VOLUME_GB = 30;
/** Attempts after a fault of SageMaker's own, or an interrupted spot instance, within the same job. */
const RETRIES = 2;

/** The lines that `container/train/train.ts` prints. */
const metricDefinitions = [
  { Name: 'graft:step', Regex: 'graft:step=([0-9]+)' },
  { Name: 'graft:training_accuracy', Regex: 'training_accuracy=([0-9.]+)' },
  { Name: 'graft:validation_accuracy', Regex: 'validation_accuracy=([0-9.]+)' },
  { Name: 'graft:validation_loss', Regex: 'validation_loss=([0-9.e+-]+)' },
  { Name: 'graft:test_accuracy', Regex: 'graft:test_accuracy=([0-9.]+)' },
];

export interface TrainingRequest extends DomainSubject {
  job: string;
  mode: Mode;
  resources: TrainingResources;
  /** S3 key of the champion's `model.tar.gz`, for the job to score it on the same test images. */
  championKey?: string | undefined;
  /** Whether the domain has images of no class. SageMaker refuses an empty channel. */
  hasOther: boolean;
}

/**
 * The request that starts a training job. The job's name stands for all of it: the same name means the same
 * job.
 */
export function trainingJobInput(
  settings: TrainingSettings,
  request: TrainingRequest,
): CreateTrainingJobCommandInput {
  const { execution, domain, model, version, mode, resources, championKey, hasOther } = request;
  const { modelsBucket, dataBucket, artifactsBucket } = settings;
  return {
    TrainingJobName: request.job,
    RoleArn: settings.roleArn,
    AlgorithmSpecification: {
      TrainingImage: settings.image,
      TrainingInputMode: 'File',
      MetricDefinitions: metricDefinitions,
    },
    HyperParameters: mode === 'transfer' ? { mode, domain } : { mode, domain, model, version },
    InputDataConfig: [
      ...(mode === 'transfer' ? [channel('model', modelsBucket, generalModelPrefix(model, version))] : []),
      channel('train', dataBucket, imagesPrefix(domain, 'train')),
      channel('test', dataBucket, imagesPrefix(domain, 'test')),
      ...(hasOther ? [channel('other', dataBucket, imagesPrefix(domain, 'other'))] : []),
      channel('domain', artifactsBucket, domainSnapshotPrefix(execution, domain)),
      // With one object's whole key as its prefix, the channel has that one file.
      ...(championKey === undefined ? [] : [channel('champion', artifactsBucket, championKey)]),
    ],
    OutputDataConfig: {
      S3OutputPath: `s3://${artifactsBucket}/${withoutSlash(trainingOutputPrefix(execution, domain))}`,
      ...(settings.kmsKeyArn === undefined ? {} : { KmsKeyId: settings.kmsKeyArn }),
    },
    ResourceConfig: {
      InstanceType: resources.instanceType as NonNullable<
        CreateTrainingJobCommandInput['ResourceConfig']
      >['InstanceType'],
      InstanceCount: 1,
      VolumeSizeInGB: VOLUME_GB,
    },
    StoppingCondition: {
      MaxRuntimeInSeconds: resources.maxSeconds,
      // Running time plus the time that it waits for a spot instance.
      ...(resources.spot ? { MaxWaitTimeInSeconds: 2 * resources.maxSeconds } : {}),
    },
    EnableManagedSpotTraining: resources.spot,
    ...(resources.spot
      ? {
          CheckpointConfig: {
            S3Uri: `s3://${artifactsBucket}/${checkpointsPrefix(execution, domain)}${mode}`,
            LocalPath: '/opt/ml/checkpoints',
          },
        }
      : {}),
    // SageMaker copies the data in and the results out; the container itself needs no network.
    EnableNetworkIsolation: true,
    RetryStrategy: { MaximumRetryAttempts: RETRIES },
    ...(settings.vpc === undefined ? {} : { VpcConfig: settings.vpc }),
    Tags: promotionTags({ ...request, tags: settings.tags }),
  };
}

function channel(name: string, bucket: string, prefix: string) {
  return {
    ChannelName: name,
    InputMode: 'File' as const,
    DataSource: {
      S3DataSource: {
        S3DataType: 'S3Prefix' as const,
        S3Uri: `s3://${bucket}/${prefix}`,
        S3DataDistributionType: 'FullyReplicated' as const,
      },
    },
  };
}

const withoutSlash = (prefix: string) => prefix.replace(/\/$/, '');

/** Creates the job. A job of that name is the same one, created by an earlier attempt of this state. */
export async function startTrainingJob(
  sagemaker: SageMakerClient,
  settings: TrainingSettings,
  request: TrainingRequest,
): Promise<'created' | 'exists'> {
  try {
    await sagemaker.send(new CreateTrainingJobCommand(trainingJobInput(settings, request)));
    return 'created';
  } catch (error) {
    if (error instanceof ResourceInUse) return 'exists';
    throw error;
  }
}

/** Status of a training job. */
export type TrainingState =
  | { status: 'running' }
  | { status: 'completed'; trained: Trained }
  | { status: 'failed'; reason: string };

/**
 * The status of a training job; undefined when there is no such job. Only `Completed` counts as completed: a
 * job that was stopped or ran out of time has failed. A job that writes to another bucket counts as failed
 * too: it has the same name, but belongs to another deployment.
 */
export async function describeTrainingJob(
  sagemaker: SageMakerClient,
  artifacts: Bucket,
  job: string,
): Promise<TrainingState | undefined> {
  let description: Awaited<ReturnType<typeof send>>;
  const send = () => sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: job }));
  try {
    description = await send();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const { ModelArtifacts, OutputDataConfig } = description;
  const root = artifacts.uri('');
  const elsewhere = [OutputDataConfig?.S3OutputPath, ModelArtifacts?.S3ModelArtifacts].find(
    // While a job has no model yet, SageMaker gives an empty address.
    (uri) => uri !== undefined && uri !== '' && !uri.startsWith(root),
  );
  if (elsewhere !== undefined) {
    return {
      status: 'failed',
      reason: `Training job ${job} belongs to another deployment: it writes to ${elsewhere}, not to ${root}. Its model is not used; start another execution, which gives its jobs other names`,
    };
  }
  switch (description.TrainingJobStatus) {
    case 'Completed': {
      const modelKey = ModelArtifacts!.S3ModelArtifacts!.slice(root.length);
      const outputPath = OutputDataConfig!.S3OutputPath!.slice(root.length);
      return {
        status: 'completed',
        trained: { job, modelKey, outputKey: `${withoutSlash(outputPath)}/${job}/output/output.tar.gz` },
      };
    }
    case 'Failed':
      return {
        status: 'failed',
        reason: `Training job ${job} failed: ${description.FailureReason ?? 'SageMaker gave no reason'}`,
      };
    case 'Stopped':
      return {
        status: 'failed',
        reason: `Training job ${job} was stopped (${stopReason(description.SecondaryStatus)}), so its model is not used`,
      };
    default:
      return { status: 'running' };
  }
}

function stopReason(secondaryStatus: string | undefined): string {
  if (secondaryStatus === 'MaxRuntimeExceeded') return 'it ran longer than recipe.maxSeconds';
  if (secondaryStatus === 'MaxWaitTimeExceeded') return 'no spot instance was available in time';
  return 'by hand';
}

/** Stops a training job. Stopping a job that has ended, or never began, is fine. */
export async function stopTrainingJob(sagemaker: SageMakerClient, job: string): Promise<void> {
  try {
    await sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: job }));
  } catch (error) {
    if (!isMissing(error) && !isValidation(error)) throw error;
  }
}
