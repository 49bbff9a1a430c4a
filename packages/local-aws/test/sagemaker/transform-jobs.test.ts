import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import {
  CreateModelCommand,
  CreateTransformJobCommand,
  type CreateTransformJobCommandInput,
  DeleteModelCommand,
  DescribeTransformJobCommand,
  ListTagsCommand,
  ListTransformJobsCommand,
  StopTransformJobCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BUCKET,
  IMAGE,
  type Machine,
  ROLE,
  SOON,
  startMachine,
  tar,
  transformIs,
} from '../../src/testing/sagemaker-machine.ts';

let state: string;
let machine: Machine;

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'local-aws-transform-'));
  machine = await startMachine({ state });
  await model('plain', {});
  await machine.put('in/red pear/1 %.png', 'one');
  await machine.put('in/größe/2.png', 'two');
  await machine.put('in/', new Uint8Array());
});
afterAll(async () => {
  await machine.stop();
  rmSync(state, { recursive: true, force: true });
});

async function model(name: string, behaviour: object) {
  await machine.put(`models/${name}.tar.gz`, await tar({ 'behaviour.json': JSON.stringify(behaviour) }));
  const PrimaryContainer = {
    Image: IMAGE,
    ModelDataUrl: `s3://${BUCKET}/models/${name}.tar.gz`,
    Environment: { OF_MODEL: 'yes' },
  };
  const command = new CreateModelCommand({ ModelName: name, ExecutionRoleArn: ROLE, PrimaryContainer });
  await machine.sagemaker.send(command);
}

function input(name: string, changes: Partial<CreateTransformJobCommandInput> = {}) {
  const S3DataSource = { S3DataType: 'S3Prefix' as const, S3Uri: `s3://${BUCKET}/in/` };
  return {
    TransformJobName: name,
    ModelName: 'plain',
    TransformInput: { DataSource: { S3DataSource }, ContentType: 'image/png' },
    TransformOutput: { S3OutputPath: `s3://${BUCKET}/out/${name}`, Accept: 'application/json' },
    TransformResources: { InstanceType: 'ml.m5.large' as const, InstanceCount: 1 },
    ...changes,
  };
}

const from = (S3Uri: string, S3DataType: 'S3Prefix' | 'ManifestFile' = 'S3Prefix') => ({
  TransformInput: {
    DataSource: { S3DataSource: { S3DataType, S3Uri: `s3://${BUCKET}/${S3Uri}` } },
    ContentType: 'image/png',
  },
});

const create = (...args: Parameters<typeof input>) =>
  machine.sagemaker.send(new CreateTransformJobCommand(input(...args)));
const describeJob = (TransformJobName: string) =>
  machine.sagemaker.send(new DescribeTransformJobCommand({ TransformJobName }));
const stop = (TransformJobName: string) =>
  machine.sagemaker.send(new StopTransformJobCommand({ TransformJobName }));

async function outputs(name: string): Promise<string[]> {
  const Prefix = `out/${name}/`;
  const { Contents = [] } = await machine.s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix }));
  return Contents.map(({ Key }) => Key!.slice(Prefix.length));
}

const hasBoto3 = spawnSync('python3', ['-c', 'import boto3']).status === 0;

/** Runs Python with boto3 against the local AWS. @returns what it prints, as JSON */
async function python(program: string): Promise<unknown> {
  const child = spawn('python3', ['-c', program], {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: machine.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: machine.world.region,
      AWS_CONFIG_FILE: '/dev/null',
    },
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (output === '') throw new Error(errors);
  return JSON.parse(output);
}

describe('a transform job', () => {
  it("asks the model's container about every object, and stores each answer under its name", async () => {
    const Tags = [{ Key: 'shop', Value: 'fruit' }];
    const { TransformJobArn } = await create('whole', { Tags, Environment: { OF_JOB: 'yes' } });
    await machine.event(transformIs('whole', 'Completed'));

    expect(TransformJobArn).toBe('arn:aws:sagemaker:eu-central-1:000000000000:transform-job/whole');
    const job = await describeJob('whole');
    expect(job).toMatchObject({
      TransformJobStatus: 'Completed',
      ModelName: 'plain',
      TransformInput: { ContentType: 'image/png', SplitType: 'None' },
      Environment: { OF_JOB: 'yes' },
    });
    expect(job.TransformEndTime!.getTime()).toBeGreaterThanOrEqual(job.TransformStartTime!.getTime());
    expect(await outputs('whole')).toEqual(['größe/2.png.out', 'red pear/1 %.png.out']);
    const answer = JSON.parse((await machine.get('out/whole/red pear/1 %.png.out')).toString());
    expect(answer).toMatchObject({ type: 'image/png', accept: 'application/json', size: 3 });
    expect(answer.environment).toMatchObject({ SAGEMAKER_BATCH: 'true', OF_MODEL: 'yes', OF_JOB: 'yes' });
    const told = machine.events.filter(({ detail }) => detail.TransformJobName === 'whole');
    expect(told.map(({ detail }) => detail.TransformJobStatus)).toEqual([
      ...['InProgress', 'InProgress', 'Completed'],
    ]);
    expect(told.at(-1)).toMatchObject({
      'detail-type': 'SageMaker Transform Job State Change',
      detail: { TransformJobArn, ModelName: 'plain', Tags: { shop: 'fruit' } },
    });
    const tags = await machine.sagemaker.send(new ListTagsCommand({ ResourceArn: TransformJobArn }));
    expect(tags.Tags).toEqual(Tags);
  });

  it('takes the objects of a manifest, and as many at once as the container asks for', async () => {
    await model('wide', { parameters: { MaxConcurrentTransforms: 2, MaxPayloadInMB: 1 } });
    await machine.put('two/hold.png', 'hold');
    await machine.put('two/release.png', 'release');
    const manifest = [{ prefix: `s3://${BUCKET}/two/` }, 'hold.png', 'release.png'];
    await machine.put('two.manifest', JSON.stringify(manifest));

    await create('listed', { ModelName: 'wide', ...from('two.manifest', 'ManifestFile') });
    await machine.event(transformIs('listed', 'Completed'));

    expect(await outputs('listed')).toEqual(['hold.png.out', 'release.png.out']);
    expect((await machine.get('out/listed/hold.png.out')).toString()).toBe('released');
  });

  it('has failed where one object is refused, and stores what was answered', async () => {
    await machine.put('mixed/good.png', 'good');
    await machine.put('mixed/bad.png', 'refuse');
    await machine.put('mixed/large.png', Buffer.alloc(1024 ** 2 + 1));

    await create('mixed', { MaxPayloadInMB: 1, ...from('mixed/') });
    await machine.event(transformIs('mixed', 'Failed'));

    expect((await describeJob('mixed')).FailureReason).toBe('ClientError: See job logs for more information');
    expect(await outputs('mixed')).toEqual(['good.png.out']);
    const logs = machine.client(CloudWatchLogsClient);
    const group = { logGroupName: '/aws/sagemaker/TransformJobs', logStreamNamePrefix: 'mixed/' };
    const read = async () =>
      (await logs.send(new FilterLogEventsCommand(group))).events?.map(({ message }) => message);
    await expect
      .poll(read, SOON)
      .toEqual(
        expect.arrayContaining([
          `${BUCKET}/mixed/bad.png: ClientError: 400`,
          `${BUCKET}/mixed/bad.png: {"detail":"no image"}`,
          expect.stringMatching(/mixed\/large.png: Too much data for max payload size/),
        ]),
      );
  });

  it('asks again after an answer of 5xx, as often as it may', async () => {
    const TransformInput = { ...from('in/größe/').TransformInput, ContentType: 'text/broken' };
    await create('broken', { TransformInput, ModelClientConfig: { InvocationsMaxRetries: 1 } });
    await machine.event(transformIs('broken', 'Failed'));

    expect((await describeJob('broken')).FailureReason).toMatch(/^AlgorithmError: See job logs/);
  });

  it('has failed with the reason where its model, its container or its output is not there', async () => {
    await model('dead', { exit: 3 });
    await create('dead', { ModelName: 'dead' });
    await create('homeless', { TransformOutput: { S3OutputPath: 's3://there-is-none/out' } });
    await machine.event(transformIs('dead', 'Failed'));
    await machine.event(transformIs('homeless', 'Failed'));

    expect((await describeJob('dead')).FailureReason).toMatch(
      /^AlgorithmError: .*exit code 3: no such layer/,
    );
    expect((await describeJob('homeless')).FailureReason).toMatch(
      /^ClientError: Data upload failed:s3:\/\/there-is-none\/out\/.*NoSuchBucket/,
    );
  });

  it('that is stopped stores nothing', async () => {
    await machine.put('slow/1.png', 'hold');
    await create('stopped', from('slow/'));
    const began = (event: Parameters<ReturnType<typeof transformIs>>[0]) =>
      event.detail.TransformJobName === 'stopped' && event.detail.TransformStartTime !== undefined;
    await machine.event(began);

    await stop('stopped');
    await machine.event(transformIs('stopped', 'Stopped'));

    expect(await outputs('stopped')).toEqual([]);
    await expect(stop('stopped')).rejects.toThrow(/the transform job is in status Stopped/);
  });

  it('is refused as SageMaker refuses it', async () => {
    const payload = { MaxPayloadInMB: 6, MaxConcurrentTransforms: 17 };

    await expect(create('whole')).rejects.toMatchObject({ name: 'ResourceInUse' });
    await expect(create('no-model', { ModelName: 'gone' })).rejects.toThrow(
      /Could not find model "arn:aws:sagemaker:.*:model\/gone"/,
    );
    await expect(create('empty', from('nothing/'))).rejects.toThrow(/No S3 objects found under S3 URL/);
    await expect(create('much', payload)).rejects.toThrow(/cannot exceed 100 MB/);
    await expect(create('much', { MaxPayloadInMB: 101 })).rejects.toThrow(/cannot be greater than 100/);
    await expect(create('a_b')).rejects.toThrow(/'transformJobName' failed to satisfy constraint/);
    await expect(create('many', { BatchStrategy: 'MultiRecord' })).rejects.toThrow(/does not emulate/);
    await expect(describeJob('gone')).rejects.toThrow(/Requested resource not found/);
    await expect(stop('gone')).rejects.toThrow(/Requested resource not found/);
  });

  it('is listed by name, status and time', async () => {
    const list = (what: object) => machine.sagemaker.send(new ListTransformJobsCommand(what));

    const failed = await list({ StatusEquals: 'Failed', SortBy: 'Name' });
    expect(failed.TransformJobSummaries!.map(({ TransformJobName }) => TransformJobName)).toEqual([
      ...['broken', 'dead', 'homeless', 'mixed'],
    ]);
    expect(failed.TransformJobSummaries!.at(-1)!.FailureReason).toMatch(/ClientError/);
    const first = await list({ NameContains: 'o', MaxResults: 1, SortBy: 'Name' });
    const next = await list({ NameContains: 'o', MaxResults: 1, SortBy: 'Name', NextToken: first.NextToken });
    expect(next.TransformJobSummaries![0]!.TransformJobName).toBe('homeless');
    expect((await list({ CreationTimeAfter: new Date(2100, 0) })).TransformJobSummaries).toEqual([]);
  });

  it.skipIf(!hasBoto3)('is awaited by boto3 (skipped where python3 has no boto3)', async () => {
    const job = input('by-python');

    const described = await python(`
import json, boto3
sagemaker = boto3.client('sagemaker')
sagemaker.create_transform_job(**json.loads('''${JSON.stringify(job)}'''))
waiter = sagemaker.get_waiter('transform_job_completed_or_stopped')
waiter.wait(TransformJobName='by-python', WaiterConfig={'Delay': 0.1, 'MaxAttempts': 600})
print(json.dumps(sagemaker.describe_transform_job(TransformJobName='by-python'), default=str))
`);

    expect(described).toMatchObject({ ...job, TransformJobStatus: 'Completed' });
    expect(await outputs('by-python')).toHaveLength(2);
  });

  it('that a restart cuts off has failed, and one that waited runs', async () => {
    await create('one', from('slow/'));
    await create('two', from('slow/'));
    await create('waiting');
    const begun = (name: string) => (event: Parameters<ReturnType<typeof transformIs>>[0]) =>
      event.detail.TransformJobName === name && event.detail.TransformStartTime !== undefined;
    await machine.event(begun('one'));
    await machine.event(begun('two'));
    await create('no-model-later', { ModelName: 'wide' });
    await machine.sagemaker.send(new DeleteModelCommand({ ModelName: 'wide' }));

    await machine.stop();
    machine = await startMachine({ state });
    await machine.event(transformIs('waiting', 'Completed'));
    await machine.event(transformIs('no-model-later', 'Failed'));

    expect((await describeJob('one')).FailureReason).toMatch(/^InternalServerError/);
    expect((await describeJob('no-model-later')).FailureReason).toMatch(/Could not find model/);
  });
});
