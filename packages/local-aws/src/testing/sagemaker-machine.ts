import { rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type CreateTrainingJobCommandInput, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { extract, pack } from 'tar-stream';
import type { BusEvent, Clock, ServiceFactory } from '../service.ts';
import { createEcr } from '../services/ecr/index.ts';
import { createLogs } from '../services/logs/index.ts';
import { createS3 } from '../services/s3/index.ts';
import { createSageMaker } from '../services/sagemaker/index.ts';
import { createSageMakerRuntime } from '../services/sagemaker-runtime/index.ts';
import { fakeContainer, fakePrograms } from './fake-container.ts';
import { type LocalAws, startLocal } from './harness.ts';
import { provisioned } from './provisioned.ts';

export const ROLE = 'arn:aws:iam::000000000000:role/sagemaker';
export const IMAGE = '000000000000.dkr.ecr.eu-central-1.amazonaws.com/shop-test:1';
export const BUCKET = 'shop-data';

export interface Machine extends LocalAws {
  s3: S3Client;
  sagemaker: SageMakerClient;
  runtime: SageMakerRuntimeClient;
  events: BusEvent[];
  /** Settles with the first event that fits, also one of the past. */
  event(fits: (event: BusEvent) => boolean): Promise<BusEvent>;
  put(key: string, body: string | Uint8Array): Promise<void>;
  get(key: string): Promise<Buffer>;
}

/**
 * A local AWS with S3, logs and both APIs of SageMaker over the fake container; records published events.
 */
export async function startMachine(
  options: {
    clock?: Clock;
    state?: string;
    jobs?: number;
    warm?: number;
    spotSeconds?: number;
    more?: readonly ServiceFactory[];
  } = {},
): Promise<Machine> {
  const containerFolder = fakeContainer();
  const events: BusEvent[] = [];
  const waiting: { fits: (event: BusEvent) => boolean; resolve: (event: BusEvent) => void }[] = [];
  const listener: ServiceFactory = () => ({
    signingName: 'listener',
    protocol: 'json-1.0',
    schemas: {},
    operations: {},
    onBusEvent(event) {
      events.push(event);
      for (const one of waiting) if (one.fits(event)) one.resolve(event);
    },
  });
  const sagemaker = createSageMaker({
    ...fakePrograms(containerFolder),
    concurrentJobs: options.jobs ?? 2,
    warmContainers: options.warm ?? 8,
    ...(options.spotSeconds === undefined ? {} : { spotSeconds: options.spotSeconds }),
  });
  const registry = provisioned(createEcr, {
    Repository: { Type: 'AWS::ECR::Repository', Properties: { RepositoryName: 'shop-test' } },
  });
  const local = await startLocal({
    services: [
      listener,
      createLogs,
      createS3,
      registry,
      sagemaker,
      createSageMakerRuntime,
      ...(options.more ?? []),
    ],
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.state === undefined ? {} : { state: options.state }),
  });
  const s3 = local.client(S3Client);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET })).catch((error: Error) => {
    if (error.name !== 'BucketAlreadyOwnedByYou') throw error;
  });
  return {
    ...local,
    s3,
    sagemaker: local.client(SageMakerClient),
    runtime: local.client(SageMakerRuntimeClient),
    events,
    event(fits) {
      const past = events.find(fits);
      if (past !== undefined) return Promise.resolve(past);
      return new Promise((resolve) => waiting.push({ fits, resolve }));
    },
    async put(Key, Body) {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
    },
    async get(Key) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      return Buffer.from(await Body!.transformToByteArray());
    },
    async stop() {
      await local.stop();
      rmSync(containerFolder, { recursive: true, force: true });
    },
  };
}

/** For `expect.poll`: as long as a busy machine may take. */
export const SOON = { timeout: 20_000, interval: 20 };

/** A job over a folder and one file as a channel of its own. */
export function jobInput(
  name: string,
  changes: Partial<CreateTrainingJobCommandInput> = {},
): CreateTrainingJobCommandInput {
  const channel = (ChannelName: string, prefix: string) => ({
    ChannelName,
    DataSource: {
      S3DataSource: { S3DataType: 'S3Prefix' as const, S3Uri: `s3://${BUCKET}/${prefix}` },
    },
  });
  return {
    TrainingJobName: name,
    RoleArn: ROLE,
    AlgorithmSpecification: {
      TrainingImage: IMAGE,
      TrainingInputMode: 'File',
      MetricDefinitions: [{ Name: 'accuracy', Regex: 'accuracy=([0-9.]+);' }],
    },
    InputDataConfig: [channel('train', 'pictures/'), channel('settings', 'settings.json')],
    OutputDataConfig: { S3OutputPath: `s3://${BUCKET}/out` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 30 },
    StoppingCondition: { MaxRuntimeInSeconds: 600 },
    ...changes,
  };
}

/** Whether an event says that this job has this secondary status. */
export const jobIs = (name: string, secondary: string) => (event: BusEvent) =>
  event.detail.TrainingJobName === name && event.detail.SecondaryStatus === secondary;

/** Whether an event says that this transform job has this status. */
export const transformIs = (name: string, status: string) => (event: BusEvent) =>
  event.detail.TransformJobName === name && event.detail.TransformJobStatus === status;

/** Whether an event says that this endpoint has this status. */
export const endpointIs = (name: string, status: string) => (event: BusEvent) =>
  event.detail.EndpointName === name && event.detail.EndpointStatus === status;

/** Content of a `tar.gz` by file name. */
export async function untar(archive: Buffer): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const reader = extract();
  Readable.from([archive]).pipe(createGunzip()).pipe(reader);
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files[entry.header.name] = Buffer.concat(chunks).toString();
  }
  return files;
}

export async function tar(files: Record<string, string>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}
