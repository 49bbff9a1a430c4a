import type {
  CreateEndpointConfigCommandInput,
  CreateEndpointConfigCommandOutput,
  DataCaptureConfig,
  DeleteEndpointConfigCommandInput,
  DescribeEndpointConfigCommandInput,
  DescribeEndpointConfigCommandOutput,
  ListEndpointConfigsCommandInput,
  ListEndpointConfigsCommandOutput,
} from '@aws-sdk/client-sagemaker';
import { arnOf, type SageMakerContext } from '../context.ts';
import { alreadyExisting, couldNotFind, validation } from '../errors.ts';
import { page } from '../listing.ts';
import type { CapturePlan, VariantPlan } from '../records.ts';
import { refuseMembers } from '../refused.ts';
import { findModel } from './models.ts';
import { putTags } from './tags.ts';

const REFUSED = [
  'ShadowProductionVariants',
  'DataCaptureConfig.KmsKeyId',
  'AsyncInferenceConfig',
  'ExplainerConfig',
  'ProductionVariants[].InstancePools',
  'ProductionVariants[].AcceleratorType',
  'ProductionVariants[].CoreDumpConfig',
  'ProductionVariants[].ManagedInstanceScaling',
  'ProductionVariants[].CapacityReservationConfig',
];

/** Time for `/ping` to answer 200: of instances, and of serverless endpoints with their download. */
const INSTANCE_STARTUP_SECONDS = 240;
const SERVERLESS_STARTUP_SECONDS = 180;

export function createEndpointConfig(
  sagemaker: SageMakerContext,
  input: CreateEndpointConfigCommandInput,
): Omit<CreateEndpointConfigCommandOutput, '$metadata'> {
  refuseMembers('CreateEndpointConfig', input, REFUSED);
  const arn = arnOf(sagemaker, 'endpoint-config', input.EndpointConfigName!);
  if (sagemaker.store.configs.list().some(({ value }) => value.arn === arn)) {
    throw alreadyExisting('endpoint configuration', arn);
  }
  const variants = input.ProductionVariants!;
  const names = variants.map((variant) => variant.VariantName);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw validation(`Duplicate production variant name: ${repeated}`);
  for (const { VariantName, ModelName, ServerlessConfig, InstanceType, InitialInstanceCount } of variants) {
    if (ModelName === undefined) {
      throw validation(
        `Production variant ${VariantName} names no model; inference components are not emulated.`,
      );
    }
    const { request: model } = findModel(sagemaker, ModelName);
    if (ServerlessConfig !== undefined && model.PrimaryContainer?.Mode === 'MultiModel') {
      throw validation('A serverless endpoint has one model: MultiModel containers need instances.');
    }
    const instances = InstanceType !== undefined && InitialInstanceCount !== undefined;
    if (ServerlessConfig === undefined && !instances) {
      throw validation(
        `Production variant ${VariantName} needs InstanceType and InitialInstanceCount, or ServerlessConfig.`,
      );
    }
    if (ServerlessConfig !== undefined && (InstanceType ?? InitialInstanceCount) !== undefined) {
      throw validation(
        `Production variant ${VariantName} has ServerlessConfig, so it cannot have InstanceType or InitialInstanceCount.`,
      );
    }
    if (ServerlessConfig !== undefined && ServerlessConfig.MemorySizeInMB! % 1024 !== 0) {
      throw validation('MemorySizeInMB must be one of 1024, 2048, 3072, 4096, 5120, 6144.');
    }
    if (ServerlessConfig !== undefined && input.DataCaptureConfig?.EnableCapture) {
      throw validation('A serverless endpoint has no data capture.');
    }
    if (ServerlessConfig !== undefined && variants.length > 1) {
      throw validation('A serverless endpoint has one production variant.');
    }
  }
  const { Tags, ...request } = input;
  sagemaker.store.configs.put(input.EndpointConfigName!, {
    request,
    arn,
    created: sagemaker.world.clock.now(),
  });
  putTags(sagemaker, arn, Tags);
  return { EndpointConfigArn: arn };
}

export function findConfig(sagemaker: SageMakerContext, name: string) {
  const config = sagemaker.store.configs.get(name);
  if (config === undefined) {
    throw couldNotFind('endpoint configuration', arnOf(sagemaker, 'endpoint-config', name));
  }
  return config;
}

/** What it takes to run a configuration, as it and its models are now. */
export function planOf(sagemaker: SageMakerContext, configName: string): VariantPlan[] {
  const { request } = findConfig(sagemaker, configName);
  const capture = captureOf(request.DataCaptureConfig);
  return request.ProductionVariants!.map((variant) => {
    const { request: model } = findModel(sagemaker, variant.ModelName!);
    const container = model.PrimaryContainer!;
    return {
      name: variant.VariantName!,
      image: container.Image!,
      ...(container.ModelDataUrl === undefined ? {} : { modelDataUrl: container.ModelDataUrl }),
      ...(container.Mode === 'MultiModel' ? { multiModel: true } : {}),
      environment: container.Environment ?? {},
      roleArn: model.ExecutionRoleArn!,
      ...(variant.InitialInstanceCount === undefined ? {} : { instanceCount: variant.InitialInstanceCount }),
      weight: variant.InitialVariantWeight ?? 1,
      ...(variant.ServerlessConfig === undefined ? {} : { serverless: variant.ServerlessConfig }),
      ...(capture === undefined ? {} : { capture }),
      startupSeconds:
        variant.ContainerStartupHealthCheckTimeoutInSeconds ??
        (variant.ServerlessConfig === undefined ? INSTANCE_STARTUP_SECONDS : SERVERLESS_STARTUP_SECONDS),
    };
  });
}

function captureOf(config: DataCaptureConfig | undefined): CapturePlan | undefined {
  if (!config?.EnableCapture) return undefined;
  const modes = (config.CaptureOptions ?? []).map(({ CaptureMode }) => CaptureMode);
  return {
    percent: config.InitialSamplingPercentage!,
    destination: config.DestinationS3Uri!,
    input: modes.includes('Input') || modes.includes('InputAndOutput'),
    output: modes.includes('Output') || modes.includes('InputAndOutput'),
    jsonTypes: config.CaptureContentTypeHeader?.JsonContentTypes ?? [],
    csvTypes: config.CaptureContentTypeHeader?.CsvContentTypes ?? [],
  };
}

export function describeEndpointConfig(
  sagemaker: SageMakerContext,
  input: DescribeEndpointConfigCommandInput,
): Omit<DescribeEndpointConfigCommandOutput, '$metadata'> {
  const { request, arn, created } = findConfig(sagemaker, input.EndpointConfigName!);
  return {
    ...request,
    EndpointConfigName: request.EndpointConfigName!,
    ProductionVariants: request.ProductionVariants!.map((variant) => ({
      ...(variant.ServerlessConfig === undefined ? { InitialVariantWeight: 1 } : {}),
      ...variant,
    })),
    EndpointConfigArn: arn,
    CreationTime: new Date(created),
    EnableNetworkIsolation: request.EnableNetworkIsolation ?? false,
  };
}

/** As SageMaker does, also while an endpoint runs on it. */
export function deleteEndpointConfig(sagemaker: SageMakerContext, input: DeleteEndpointConfigCommandInput) {
  const { arn } = findConfig(sagemaker, input.EndpointConfigName!);
  sagemaker.store.configs.delete(input.EndpointConfigName!);
  sagemaker.store.tags.delete(arn);
  return {};
}

export function listEndpointConfigs(
  { store }: SageMakerContext,
  input: ListEndpointConfigsCommandInput,
): Omit<ListEndpointConfigsCommandOutput, '$metadata'> {
  const configs = store.configs.list().map(({ key, value }) => ({ name: key, ...value }));
  const { entries, next } = page(configs, input);
  return {
    ...next,
    EndpointConfigs: entries.map(({ name, arn, created }) => ({
      EndpointConfigName: name,
      EndpointConfigArn: arn,
      CreationTime: new Date(created),
    })),
  };
}
