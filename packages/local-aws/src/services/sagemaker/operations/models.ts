import type {
  CreateModelCommandInput,
  CreateModelCommandOutput,
  DeleteModelCommandInput,
  DescribeModelCommandInput,
  DescribeModelCommandOutput,
  ListModelsCommandInput,
  ListModelsCommandOutput,
} from '@aws-sdk/client-sagemaker';
import { ServiceError } from '../../../service.ts';
import { arnOf, type SageMakerContext } from '../context.ts';
import { alreadyExisting, couldNotFind, validation } from '../errors.ts';
import { page } from '../listing.ts';
import { refuseMembers } from '../refused.ts';
import { parseS3Uri, S3Files } from '../s3-files.ts';
import { putTags } from './tags.ts';

const REFUSED = [
  'VpcConfig',
  'Containers',
  'InferenceExecutionConfig',
  'PrimaryContainer.ModelPackageName',
  'PrimaryContainer.ModelDataSource',
  'PrimaryContainer.AdditionalModelDataSources',
  'PrimaryContainer.InferenceSpecificationName',
  'PrimaryContainer.MultiModelConfig',
  'PrimaryContainer.ImageConfig',
];

export async function createModel(
  sagemaker: SageMakerContext,
  input: CreateModelCommandInput,
): Promise<Omit<CreateModelCommandOutput, '$metadata'>> {
  refuseMembers('CreateModel', input, REFUSED);
  const { PrimaryContainer: container, ExecutionRoleArn: roleArn } = input;
  if (container?.Image === undefined || roleArn === undefined) {
    throw validation('PrimaryContainer with an Image and ExecutionRoleArn are required.');
  }
  const isPrefix = container.Mode === 'MultiModel';
  if (isPrefix && container.ModelDataUrl === undefined) {
    throw validation('A MultiModel container needs ModelDataUrl: the prefix below which its models lie.');
  }
  const arn = arnOf(sagemaker, 'model', input.ModelName!);
  assertUnused(sagemaker, arn);
  // What lies below a prefix may come later.
  if (container.ModelDataUrl !== undefined && !isPrefix) {
    await assertModelData(sagemaker, container.ModelDataUrl, roleArn);
  }
  assertUnused(sagemaker, arn);
  const { Tags, ...request } = input;
  sagemaker.store.models.put(input.ModelName!, { request, arn, created: sagemaker.world.clock.now() });
  putTags(sagemaker, arn, Tags);
  return { ModelArn: arn };
}

function assertUnused({ store }: SageMakerContext, arn: string): void {
  if (store.models.list().some(({ value }) => value.arn === arn)) throw alreadyExisting('model', arn);
}

/** As SageMaker does, looks whether the archive is there, with the model's own role. */
async function assertModelData({ world }: SageMakerContext, url: string, roleArn: string): Promise<void> {
  let found = false;
  try {
    found = await new S3Files(world, roleArn).exists(parseS3Uri(url));
  } catch (error) {
    if (!(error instanceof ServiceError) || error.statusCode >= 500) throw error;
    throw validation(`Could not access model data at ${url}. ${error.message}`);
  }
  if (!found) throw validation(`Could not find model data at ${url}.`);
}

export function findModel(sagemaker: SageMakerContext, name: string) {
  const model = sagemaker.store.models.get(name);
  if (model === undefined) throw couldNotFind('model', arnOf(sagemaker, 'model', name));
  return model;
}

export function describeModel(
  sagemaker: SageMakerContext,
  input: DescribeModelCommandInput,
): Omit<DescribeModelCommandOutput, '$metadata'> {
  const { request, arn, created } = findModel(sagemaker, input.ModelName!);
  return {
    ...request,
    PrimaryContainer: { Mode: 'SingleModel', Environment: {}, ...request.PrimaryContainer },
    ModelArn: arn,
    CreationTime: new Date(created),
    EnableNetworkIsolation: request.EnableNetworkIsolation ?? false,
  };
}

export function deleteModel(sagemaker: SageMakerContext, input: DeleteModelCommandInput) {
  const { arn } = findModel(sagemaker, input.ModelName!);
  sagemaker.store.models.delete(input.ModelName!);
  sagemaker.store.tags.delete(arn);
  return {};
}

export function listModels(
  { store }: SageMakerContext,
  input: ListModelsCommandInput,
): Omit<ListModelsCommandOutput, '$metadata'> {
  const models = store.models.list().map(({ key, value }) => ({ name: key, ...value }));
  const { entries, next } = page(models, input);
  return {
    ...next,
    Models: entries.map(({ name, arn, created }) => ({
      ModelName: name,
      ModelArn: arn,
      CreationTime: new Date(created),
    })),
  };
}
