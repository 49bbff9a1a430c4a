import type {
  CreateEndpointConfigInput,
  CreateModelInput,
  CreateModelPackageGroupInput,
  CreateModelPackageInput,
  CreateTrainingJobRequest,
  CreateTransformJobRequest,
  DeploymentConfig,
  ProductionVariantServerlessConfig,
  SecondaryStatus,
  TrainingJobStatus,
  TransformJobStatus,
} from '@aws-sdk/client-sagemaker';

/** Times are milliseconds since 1970, as JSON keeps them. */
export interface TransitionRecord {
  status: SecondaryStatus;
  started: number;
  ended?: number;
  message: string;
}

export interface MetricRecord {
  name: string;
  value: number;
  at: number;
}

export interface TrainingJobRecord {
  /** As it was sent, without tags. */
  request: CreateTrainingJobRequest;
  arn: string;
  status: TrainingJobStatus;
  secondary: SecondaryStatus;
  transitions: TransitionRecord[];
  created: number;
  modified: number;
  /** When the data began to be downloaded: billed from here. */
  started?: number;
  ended?: number;
  failureReason?: string;
  modelArtifacts?: string;
  metrics?: MetricRecord[];
  /** Runs begun, counting those that a kill of the local AWS cut off. */
  attempts: number;
  /** Runs that ended because their spot instance was taken away, and milliseconds of all of them together. */
  interruptions?: { count: number; ran: number };
}

export interface TransformJobRecord {
  /** As it was sent, without tags. */
  request: CreateTransformJobRequest;
  arn: string;
  status: TransformJobStatus;
  created: number;
  modified: number;
  /** When its container began to start. */
  started?: number;
  ended?: number;
  failureReason?: string;
}

export interface ModelRecord {
  request: CreateModelInput;
  arn: string;
  created: number;
}

export interface EndpointConfigRecord {
  request: CreateEndpointConfigInput;
  arn: string;
  created: number;
}

/** The statuses that occur here. */
export type LocalEndpointStatus =
  | 'Creating'
  | 'Updating'
  | 'SystemUpdating'
  | 'RollingBack'
  | 'InService'
  | 'Deleting'
  | 'Failed';

/**
 * What a variant needs to run, copied from configuration and model at deployment: both may be deleted while
 * the endpoint runs.
 */
export interface VariantPlan {
  name: string;
  image: string;
  modelDataUrl?: string;
  /** Whether `modelDataUrl` is a prefix, and each request names a model below it. */
  multiModel?: boolean;
  environment: Record<string, string>;
  roleArn: string;
  instanceCount?: number;
  weight: number;
  serverless?: ProductionVariantServerlessConfig;
  /** Data capture of the configuration, where it is enabled. */
  capture?: CapturePlan;
  /** Until `/ping` must answer 200, download included where it is serverless. */
  startupSeconds: number;
}

export interface CapturePlan {
  percent: number;
  destination: string;
  input: boolean;
  output: boolean;
  /** Content types that are kept as text; all others in base64. */
  jsonTypes: string[];
  csvTypes: string[];
}

export interface EndpointRecord {
  name: string;
  arn: string;
  status: LocalEndpointStatus;
  /** The configuration that serves, or while `Creating` the one that will. */
  config: string;
  plan: VariantPlan[];
  /** The configuration that an update leads to. */
  pending?: {
    config: string;
    plan: VariantPlan[];
    started: number;
    deployment?: DeploymentConfig;
    /** The new containers take their share of the requests and are watched. */
    stage?: 'Baking';
  };
  failureReason?: string;
  created: number;
  modified: number;
}

export interface ModelPackageGroupRecord {
  request: CreateModelPackageGroupInput;
  arn: string;
  created: number;
  /** Of the newest version; versions are counted from 1, and never used again. */
  lastVersion: number;
}

export interface ModelPackageRecord {
  /** As it was sent, with what `UpdateModelPackage` changed since. */
  request: CreateModelPackageInput;
  arn: string;
  group: string;
  version: number;
  created: number;
  modified: number;
  approvalDescription?: string;
}

export interface TagRecord {
  tags: Record<string, string>;
}
