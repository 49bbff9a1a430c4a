import type {
  CreateTransformJobCommandInput,
  CreateTransformJobCommandOutput,
} from '@aws-sdk/client-sagemaker';
import { ServiceError } from '../../../service.ts';
import { arnOf, type SageMakerContext, type SageMakerControl } from '../context.ts';
import { validation } from '../errors.ts';
import { refuseMembers } from '../refused.ts';
import { parseS3Uri } from '../s3-files.ts';
import { publishTransformJob } from '../transform/events.ts';
import { assertObjects } from './assert-objects.ts';
import { findModel } from './models.ts';
import { putTags } from './tags.ts';

/** Megabytes of a payload, and of all that are under way at once. */
const MOST_MB = 100;

const REFUSED = [
  'DataCaptureConfig',
  'DataProcessing',
  'ExperimentConfig',
  'TransformResources.TransformAmiVersion',
];

export async function createTransformJob(
  sagemaker: SageMakerControl,
  input: CreateTransformJobCommandInput,
): Promise<Omit<CreateTransformJobCommandOutput, '$metadata'>> {
  refuseMembers('CreateTransformJob', input, REFUSED);
  assertRunnable(input);
  const { store, world } = sagemaker;
  const name = input.TransformJobName!;
  const arn = arnOf(sagemaker, 'transform-job', name);
  assertUnused(sagemaker, arn);
  const { request: model } = findModel(sagemaker, input.ModelName!);
  if (model.PrimaryContainer?.Mode === 'MultiModel') {
    throw validation(`Model ${input.ModelName} is a multi-model, which batch transform does not take.`);
  }
  const uri = input.TransformInput!.DataSource!.S3DataSource!.S3Uri!;
  await assertObjects(sagemaker, uri, model.ExecutionRoleArn!);
  // Another request may have taken the name while the data was looked up.
  assertUnused(sagemaker, arn);

  const { Tags, ...request } = input;
  const now = world.clock.now();
  store.transformJobs.put(name, { request, arn, status: 'InProgress', created: now, modified: now });
  putTags(sagemaker, arn, Tags);
  publishTransformJob(sagemaker, name);
  sagemaker.transforms.enqueue(name);
  return { TransformJobArn: arn };
}

function assertUnused({ store }: SageMakerContext, arn: string): void {
  if (!store.transformJobs.list().some(({ value }) => value.arn === arn)) return;
  throw new ServiceError(
    'ResourceInUse',
    `Job name must be unique within an AWS account and region, and a transform job with this name already exists (${arn})`,
  );
}

/** Rules between members, and what this machine can run. */
function assertRunnable({
  MaxConcurrentTransforms: concurrent = 0,
  MaxPayloadInMB: megabytes,
  BatchStrategy,
  TransformInput: input,
  TransformOutput: output,
}: CreateTransformJobCommandInput): void {
  if ((megabytes ?? 0) > MOST_MB) {
    throw validation(`MaxPayloadInMB is ${megabytes}, and cannot be greater than ${MOST_MB}.`);
  }
  if (concurrent * (megabytes ?? 6) > MOST_MB) {
    throw validation(`MaxConcurrentTransforms * MaxPayloadInMB cannot exceed ${MOST_MB} MB.`);
  }
  const source = input!.DataSource!.S3DataSource!;
  if (source.S3DataType !== 'S3Prefix' && source.S3DataType !== 'ManifestFile') {
    throw unsupported(`S3DataType ${source.S3DataType}`);
  }
  if (BatchStrategy === 'MultiRecord') throw unsupported('BatchStrategy MultiRecord');
  if ((input!.SplitType ?? 'None') !== 'None') throw unsupported(`SplitType ${input!.SplitType}`);
  if (input!.CompressionType === 'Gzip') throw unsupported('CompressionType Gzip');
  if (output!.AssembleWith === 'Line') throw unsupported('AssembleWith Line');
  parseS3Uri(source.S3Uri!);
  parseS3Uri(output!.S3OutputPath!);
}

const unsupported = (what: string) =>
  validation(
    `The local AWS does not emulate ${what} of CreateTransformJob: see docs/fidelity.md of local-aws.`,
  );
