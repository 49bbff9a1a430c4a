import { ProductionVariantInstanceType, TrainingInstanceType } from '@aws-sdk/client-sagemaker';
import type { Constraint, Constraints } from './constraints.ts';

/** Names of jobs, endpoints, configurations and variants. */
const NAME: Constraint = { max: 63, pattern: '[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}' };
const MODEL_NAME: Constraint = { max: 63, pattern: '[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?' };
const ROLE_ARN: Constraint = {
  min: 20,
  max: 2048,
  pattern: 'arn:aws[a-z\\-]*:iam::\\d{12}:role\\/?[a-zA-Z_0-9+=,.@\\-_\\/]+',
};
const S3_URI: Constraint = { max: 1024, pattern: '(https|s3):\\/\\/([^\\/]+)\\/?(.*)' };
const IMAGE: Constraint = { max: 255, pattern: '[\\S]+' };
const TAG_TEXT = '([\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@]*)';
const VARIABLE_NAME = '[a-zA-Z_][a-zA-Z0-9_]*';

const TAGS: Constraints = {
  Tags: { max: 50 },
  'Tags[].Key': { min: 1, max: 128, pattern: TAG_TEXT },
  'Tags[].Value': { max: 256, pattern: TAG_TEXT },
};

export const CREATE_TRAINING_JOB: Constraints = {
  TrainingJobName: { min: 1, ...NAME },
  RoleArn: ROLE_ARN,
  HyperParameters: { max: 100 },
  'HyperParameters{key}': { max: 256 },
  'HyperParameters{}': { max: 2500 },
  'AlgorithmSpecification.TrainingImage': { max: 255 },
  'AlgorithmSpecification.TrainingInputMode': { enum: ['Pipe', 'File', 'FastFile'] },
  'AlgorithmSpecification.MetricDefinitions': { max: 40 },
  'AlgorithmSpecification.MetricDefinitions[].Name': { min: 1, max: 255 },
  'AlgorithmSpecification.MetricDefinitions[].Regex': { min: 1, max: 500 },
  InputDataConfig: { min: 1, max: 20 },
  'InputDataConfig[].ChannelName': { min: 1, max: 64, pattern: '[A-Za-z0-9.\\-_]+' },
  'InputDataConfig[].ContentType': { max: 256 },
  'InputDataConfig[].CompressionType': { enum: ['None', 'Gzip'] },
  'InputDataConfig[].InputMode': { enum: ['Pipe', 'File', 'FastFile'] },
  'InputDataConfig[].RecordWrapperType': { enum: ['None', 'RecordIO'] },
  'InputDataConfig[].DataSource.S3DataSource.S3Uri': S3_URI,
  'InputDataConfig[].DataSource.S3DataSource.S3DataType': {
    enum: ['ManifestFile', 'S3Prefix', 'AugmentedManifestFile', 'Converse'],
  },
  'InputDataConfig[].DataSource.S3DataSource.S3DataDistributionType': {
    enum: ['FullyReplicated', 'ShardedByS3Key'],
  },
  'OutputDataConfig.S3OutputPath': S3_URI,
  'OutputDataConfig.CompressionType': { enum: ['GZIP', 'NONE'] },
  'CheckpointConfig.S3Uri': S3_URI,
  'CheckpointConfig.LocalPath': { max: 4096 },
  'ResourceConfig.InstanceType': { enum: Object.values(TrainingInstanceType) },
  'ResourceConfig.InstanceCount': { min: 0 },
  'ResourceConfig.VolumeSizeInGB': { min: 0 },
  'ResourceConfig.KeepAlivePeriodInSeconds': { min: 0, max: 21600 },
  'StoppingCondition.MaxRuntimeInSeconds': { min: 1 },
  'StoppingCondition.MaxWaitTimeInSeconds': { min: 1 },
  'StoppingCondition.MaxPendingTimeInSeconds': { min: 7200, max: 2_419_200 },
  'RetryStrategy.MaximumRetryAttempts': { min: 1, max: 30 },
  Environment: { max: 100 },
  'Environment{key}': { max: 512, pattern: VARIABLE_NAME },
  'Environment{}': { max: 512 },
  ...TAGS,
};

export const CREATE_MODEL: Constraints = {
  ModelName: MODEL_NAME,
  ExecutionRoleArn: ROLE_ARN,
  'PrimaryContainer.Image': IMAGE,
  'PrimaryContainer.Mode': { enum: ['SingleModel', 'MultiModel'] },
  'PrimaryContainer.ModelDataUrl': S3_URI,
  'PrimaryContainer.Environment': { max: 100 },
  'PrimaryContainer.Environment{key}': { max: 1024, pattern: VARIABLE_NAME },
  'PrimaryContainer.Environment{}': { max: 1024 },
  Containers: { max: 15 },
  ...TAGS,
};

export const CREATE_ENDPOINT_CONFIG: Constraints = {
  EndpointConfigName: NAME,
  ProductionVariants: { min: 1, max: 10 },
  'ProductionVariants[].VariantName': NAME,
  'ProductionVariants[].ModelName': MODEL_NAME,
  'ProductionVariants[].InitialInstanceCount': { min: 1 },
  'ProductionVariants[].InstanceType': { enum: Object.values(ProductionVariantInstanceType) },
  'ProductionVariants[].InitialVariantWeight': { min: 0 },
  'ProductionVariants[].ServerlessConfig.MemorySizeInMB': { min: 1024, max: 6144 },
  'ProductionVariants[].ServerlessConfig.MaxConcurrency': { min: 1, max: 200 },
  'ProductionVariants[].ServerlessConfig.ProvisionedConcurrency': { min: 1, max: 200 },
  'DataCaptureConfig.InitialSamplingPercentage': { min: 0, max: 100 },
  'DataCaptureConfig.DestinationS3Uri': { max: 512, pattern: '(https|s3):\\/\\/([^\\/]+)\\/?(.*)' },
  'DataCaptureConfig.CaptureOptions': { min: 1, max: 32 },
  'DataCaptureConfig.CaptureOptions[].CaptureMode': { enum: ['Input', 'Output', 'InputAndOutput'] },
  'ProductionVariants[].VolumeSizeInGB': { min: 1, max: 512 },
  'ProductionVariants[].ModelDataDownloadTimeoutInSeconds': { min: 60, max: 3600 },
  'ProductionVariants[].ContainerStartupHealthCheckTimeoutInSeconds': { min: 60, max: 3600 },
  ...TAGS,
};

const DEPLOYMENT: Constraints = {
  'DeploymentConfig.BlueGreenUpdatePolicy.TrafficRoutingConfiguration.Type': {
    enum: ['ALL_AT_ONCE', 'CANARY', 'LINEAR'],
  },
  'DeploymentConfig.BlueGreenUpdatePolicy.TrafficRoutingConfiguration.WaitIntervalInSeconds': {
    min: 0,
    max: 3600,
  },
  'DeploymentConfig.BlueGreenUpdatePolicy.TerminationWaitInSeconds': { min: 0, max: 3600 },
  'DeploymentConfig.BlueGreenUpdatePolicy.MaximumExecutionTimeoutInSeconds': { min: 600, max: 28_800 },
  'DeploymentConfig.AutoRollbackConfiguration.Alarms': { min: 1, max: 10 },
};

export const CREATE_ENDPOINT: Constraints = {
  EndpointName: NAME,
  EndpointConfigName: NAME,
  ...DEPLOYMENT,
  ...TAGS,
};

export const UPDATE_ENDPOINT: Constraints = { EndpointName: NAME, EndpointConfigName: NAME, ...DEPLOYMENT };

export const ADD_TAGS: Constraints = {
  ResourceArn: { max: 256, pattern: 'arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:[0-9]{12}:.+' },
  ...TAGS,
};
