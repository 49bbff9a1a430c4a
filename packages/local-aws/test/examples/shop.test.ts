import { fileURLToPath } from 'node:url';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  CreateTrainingJobCommand,
  DescribeEndpointCommand,
  DescribeTrainingJobCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type LocalAws, startLocalAws } from 'local-aws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readContainerFile } from '../../src/command/container-file.ts';

const example = (name: string) => fileURLToPath(new URL(`../../examples/shop/${name}`, import.meta.url));
/** For `expect.poll`: as long as a busy machine may take. */
const SOON = { timeout: 30_000, interval: 50 };

let local: LocalAws;
beforeAll(async () => {
  local = await startLocalAws({
    template: example('template.yml'),
    stack: 'shop',
    parameters: { Currency: 'CHF' },
    container: readContainerFile(example('container.json')),
  });
});
afterAll(() => local.stop());

const get = async (Key: string) => {
  const { Body } = await local
    .client(S3Client)
    .send(new GetObjectCommand({ Bucket: local.outputs.OrdersBucket, Key }));
  return JSON.parse(await Body!.transformToString()) as unknown;
};
const put = (Key: string, value: unknown) =>
  local
    .client(S3Client)
    .send(new PutObjectCommand({ Bucket: local.outputs.OrdersBucket, Key, Body: JSON.stringify(value) }));

describe('the example of a shop', () => {
  it('handles a new object with a rule, a state machine and a function', async () => {
    await put('new/1.json', { items: [{ price: 3, count: 2 }] });

    await expect
      .poll(() => get('added-up/1.json').catch(() => undefined), SOON)
      .toEqual({
        total: 6,
        currency: 'CHF',
      });
  });

  it('announces it in a queue', async () => {
    const { Messages } = await local
      .client(SQSClient)
      .send(new ReceiveMessageCommand({ QueueUrl: local.outputs.AnnouncementsUrl, WaitTimeSeconds: 20 }));

    expect(Messages!.map(({ Body }) => Body)).toEqual(['"new/1.json"']);
  });

  it('trains and serves a model with programs of its own', async () => {
    const sagemaker = local.client(SageMakerClient);
    const bucket = `s3://${local.outputs.OrdersBucket}`;
    const name = 'forecast';
    await sagemaker.send(
      new CreateTrainingJobCommand({
        TrainingJobName: name,
        RoleArn: local.outputs.ForecastRoleArn,
        AlgorithmSpecification: { TrainingImage: local.outputs.ForecastsImage, TrainingInputMode: 'File' },
        HyperParameters: { days: '2' },
        InputDataConfig: [
          {
            ChannelName: 'orders',
            DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `${bucket}/added-up/` } },
          },
        ],
        OutputDataConfig: { S3OutputPath: `${bucket}/models` },
        ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
        StoppingCondition: { MaxRuntimeInSeconds: 60 },
      }),
    );
    const job = () => sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
    await expect.poll(async () => (await job()).TrainingJobStatus, SOON).toBe('Completed');

    const { S3ModelArtifacts: ModelDataUrl } = (await job()).ModelArtifacts!;
    const PrimaryContainer = { Image: local.outputs.ForecastsImage, ModelDataUrl };
    await sagemaker.send(
      new CreateModelCommand({
        ModelName: name,
        ExecutionRoleArn: local.outputs.ForecastRoleArn,
        PrimaryContainer,
      }),
    );
    const variant = {
      ...{ VariantName: 'one', ModelName: name },
      ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 1 },
    };
    await sagemaker.send(
      new CreateEndpointConfigCommand({ EndpointConfigName: name, ProductionVariants: [variant] }),
    );
    await sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
    const endpoint = () => sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
    await expect.poll(async () => (await endpoint()).EndpointStatus, SOON).toBe('InService');
    const { Body } = await local.client(SageMakerRuntimeClient).send(
      new InvokeEndpointCommand({
        EndpointName: name,
        ContentType: 'application/json',
        Body: JSON.stringify({ days: 10 }),
      }),
    );

    expect(JSON.parse(Buffer.from(Body).toString())).toEqual({ forecast: 30 });
  });
});
