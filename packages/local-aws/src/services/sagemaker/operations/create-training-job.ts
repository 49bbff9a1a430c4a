import type {
  CreateTrainingJobCommandInput,
  CreateTrainingJobCommandOutput,
} from '@aws-sdk/client-sagemaker';
import { ServiceError } from '../../../service.ts';
import { arnOf, type SageMakerContext, type SageMakerControl } from '../context.ts';
import { validation } from '../errors.ts';
import { refuseMembers } from '../refused.ts';
import { parseS3Uri } from '../s3-files.ts';
import { publishJob } from '../training/events.ts';
import { createMetrics } from '../training/metrics.ts';
import { assertObjects } from './assert-objects.ts';
import { putTags } from './tags.ts';

/** The default of CheckpointConfig, and the one place that is emulated. */
const CHECKPOINTS = '/opt/ml/checkpoints';

const REFUSED = [
  'VpcConfig',
  'AlgorithmSpecification.AlgorithmName',
  'AlgorithmSpecification.ContainerEntrypoint',
  'AlgorithmSpecification.ContainerArguments',
  'AlgorithmSpecification.TrainingImageConfig',
  'InputDataConfig[].ShuffleConfig',
  'InputDataConfig[].DataSource.FileSystemDataSource',
  'InputDataConfig[].DataSource.DatasetSource',
  'InputDataConfig[].DataSource.S3DataSource.AttributeNames',
  'InputDataConfig[].DataSource.S3DataSource.InstanceGroupNames',
  'ResourceConfig.InstanceGroups',
  'ResourceConfig.KeepAlivePeriodInSeconds',
  'ResourceConfig.TrainingPlanArn',
  'ResourceConfig.InstancePlacementConfig',
  'DebugHookConfig',
  'DebugRuleConfigurations',
  'TensorBoardOutputConfig',
  'ExperimentConfig',
  'ProfilerRuleConfigurations',
  'RemoteDebugConfig',
  'SessionChainingConfig',
  'ServerlessJobConfig',
  'MlflowConfig',
  'ModelPackageConfig',
];

export async function createTrainingJob(
  sagemaker: SageMakerControl,
  input: CreateTrainingJobCommandInput,
): Promise<Omit<CreateTrainingJobCommandOutput, '$metadata'>> {
  refuseMembers('CreateTrainingJob', input, REFUSED);
  assertRunnable(input);
  const { store, world } = sagemaker;
  const name = input.TrainingJobName!;
  const arn = arnOf(sagemaker, 'training-job', name);
  assertUnused(sagemaker, arn);
  for (const { DataSource } of input.InputDataConfig ?? []) {
    await assertObjects(sagemaker, DataSource!.S3DataSource!.S3Uri!, input.RoleArn!);
  }
  // Another request may have taken the name while the data was looked up.
  assertUnused(sagemaker, arn);

  const { Tags, ...request } = input;
  const now = world.clock.now();
  store.jobs.put(name, {
    request,
    arn,
    status: 'InProgress',
    secondary: 'Starting',
    transitions: [{ status: 'Starting', started: now, message: 'Starting the training job' }],
    created: now,
    modified: now,
    attempts: 0,
  });
  putTags(sagemaker, arn, Tags);
  publishJob(sagemaker, name);
  sagemaker.runner.enqueue(name);
  return { TrainingJobArn: arn };
}

function assertUnused({ store }: SageMakerContext, arn: string): void {
  if (!store.jobs.list().some(({ value }) => value.arn === arn)) return;
  throw new ServiceError(
    'ResourceInUse',
    `Job name must be unique within an AWS account and region, and a training job with this name already exists (${arn})`,
  );
}

/** Rules between members, and what this machine can run. */
function assertRunnable(input: CreateTrainingJobCommandInput): void {
  const { AlgorithmSpecification: algorithm, ResourceConfig: resources, StoppingCondition: limit } = input;
  if (algorithm?.TrainingImage === undefined) {
    throw validation('AlgorithmSpecification.TrainingImage is missing.');
  }
  if (resources?.InstanceType === undefined || limit === undefined) {
    throw validation('ResourceConfig with an InstanceType and StoppingCondition are required.');
  }
  if ((resources.InstanceCount ?? 1) !== 1) {
    throw validation(
      `The local AWS trains on one instance, not ${resources.InstanceCount}: see docs/fidelity.md of local-aws.`,
    );
  }
  if (input.EnableManagedSpotTraining) {
    const { MaxWaitTimeInSeconds: wait, MaxRuntimeInSeconds: run = 86_400 } = limit;
    if (wait === undefined || wait < run) {
      throw validation(
        'Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds.',
      );
    }
  }
  const { LocalPath = CHECKPOINTS, S3Uri } = input.CheckpointConfig ?? {};
  if (LocalPath !== CHECKPOINTS) throw unsupported(`CheckpointConfig.LocalPath ${LocalPath}`);
  if (input.CheckpointConfig !== undefined) parseS3Uri(S3Uri!);
  createMetrics(algorithm.MetricDefinitions ?? []);
  const channels = input.InputDataConfig ?? [];
  const names = channels.map((channel) => channel.ChannelName);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw validation(`Duplicate channel name: ${repeated}`);
  const modes = [algorithm.TrainingInputMode, ...channels.map((channel) => channel.InputMode)];
  if (modes.includes('Pipe')) throw unsupported('TrainingInputMode Pipe');
  for (const { ChannelName, CompressionType, RecordWrapperType, DataSource } of channels) {
    const source = DataSource?.S3DataSource;
    if (source === undefined) throw validation(`Channel ${ChannelName} has no S3DataSource.`);
    if (source.S3DataType !== 'S3Prefix') throw unsupported(`S3DataType ${source.S3DataType}`);
    if (CompressionType === 'Gzip') throw unsupported('CompressionType Gzip');
    if (RecordWrapperType === 'RecordIO') throw unsupported('RecordWrapperType RecordIO');
  }
  if (input.OutputDataConfig?.CompressionType === 'NONE') throw unsupported('CompressionType NONE');
  parseS3Uri(input.OutputDataConfig!.S3OutputPath!);
}

const unsupported = (what: string) =>
  validation(
    `The local AWS does not emulate ${what} of CreateTrainingJob: see docs/fidelity.md of local-aws.`,
  );
