import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateTrainingJobCommand,
  DeleteTrainingJobCommand,
  DescribeTrainingJobCommand,
  ListTrainingJobsCommand,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BUCKET,
  IMAGE,
  jobInput,
  jobIs,
  type Machine,
  SOON,
  startMachine,
  untar,
} from '../../src/testing/sagemaker-machine.ts';

let machine: Machine;

beforeAll(async () => {
  machine = await startMachine();
  await machine.put('settings.json', '{}');
  await machine.put('pictures/red pear/1 %.png', 'one');
  await machine.put('pictures/größe/2.png', 'two');
});
afterAll(() => machine.stop());

const create = (...args: Parameters<typeof jobInput>) =>
  machine.sagemaker.send(new CreateTrainingJobCommand(jobInput(...args)));
const describeJob = (TrainingJobName: string) =>
  machine.sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName }));

describe('a training job', () => {
  it('runs the container on its channels and packs what it wrote', async () => {
    await create('whole', { HyperParameters: { seed: '7' }, Environment: { GREETING: 'hello' } });

    await machine.event(jobIs('whole', 'Completed'));
    const job = await describeJob('whole');

    expect(job).toMatchObject({
      TrainingJobStatus: 'Completed',
      SecondaryStatus: 'Completed',
      ModelArtifacts: { S3ModelArtifacts: `s3://${BUCKET}/out/whole/output/model.tar.gz` },
      FinalMetricDataList: [{ MetricName: 'accuracy', Value: Math.fround(0.7) }],
    });
    expect(job.TrainingTimeInSeconds).toBeGreaterThan(0);
    expect(job.BillableTimeInSeconds).toBe(job.TrainingTimeInSeconds);
    expect(job.SecondaryStatusTransitions?.map((one) => one.Status)).toEqual([
      'Starting',
      'Downloading',
      'Training',
      'Uploading',
      'Completed',
    ]);
    expect(await untar(await machine.get('out/whole/output/model.tar.gz'))).toEqual({
      'code/a.txt': 'a',
      'weights.bin': 'whole',
    });
    const output = await untar(await machine.get('out/whole/output/output.tar.gz'));
    const seen = JSON.parse(output['seen.json']!);
    expect(seen.parameters).toEqual({ seed: '7' });
    expect(seen.channels).toEqual({
      train: ['größe/2.png', 'red pear/1 %.png'],
      settings: ['settings.json'],
    });
    expect(seen.inputs.train).toEqual({
      TrainingInputMode: 'File',
      S3DistributionType: 'FullyReplicated',
      RecordWrapperType: 'None',
    });
    expect(seen.resources).toMatchObject({ current_host: 'algo-1', hosts: ['algo-1'] });
    expect(seen.environment).toMatchObject({
      GREETING: 'hello',
      TRAINING_JOB_NAME: 'whole',
      TRAINING_JOB_ARN: 'arn:aws:sagemaker:eu-central-1:000000000000:training-job/whole',
    });
    expect(Object.keys(seen.environment)).not.toContain('VITEST');
  });

  it('tells the bus every change of status', async () => {
    await create('told', { Tags: [{ Key: 'model', Value: 'icons' }] });
    await machine.event(jobIs('told', 'Completed'));

    const told = machine.events.filter((event) => event.detail.TrainingJobName === 'told');

    expect(told.map((event) => [event.detail.TrainingJobStatus, event.detail.SecondaryStatus])).toEqual([
      ['InProgress', 'Starting'],
      ['InProgress', 'Downloading'],
      ['InProgress', 'Training'],
      ['InProgress', 'Uploading'],
      ['Completed', 'Completed'],
    ]);
    expect(told.at(-1)).toMatchObject({
      source: 'aws.sagemaker',
      'detail-type': 'SageMaker Training Job State Change',
      resources: ['arn:aws:sagemaker:eu-central-1:000000000000:training-job/told'],
      detail: {
        TrainingJobArn: 'arn:aws:sagemaker:eu-central-1:000000000000:training-job/told',
        RoleArn: jobInput('told').RoleArn,
        ModelArtifacts: { S3ModelArtifacts: `s3://${BUCKET}/out/told/output/model.tar.gz` },
        CreationTime: expect.any(Number),
        TrainingEndTime: expect.any(Number),
        Tags: { model: 'icons' },
      },
    });
  });

  it('writes its output to CloudWatch Logs', async () => {
    await create('logged');
    await machine.event(jobIs('logged', 'Completed'));
    const logs = machine.client(CloudWatchLogsClient);
    const read = () =>
      logs.send(
        new FilterLogEventsCommand({
          logGroupName: '/aws/sagemaker/TrainingJobs',
          logStreamNamePrefix: 'logged/algo-1-',
        }),
      );

    await expect
      .poll(async () => (await read()).events?.map((event) => event.message), SOON)
      .toEqual(expect.arrayContaining(['accuracy=0.1;', 'accuracy=0.7;']));
  });

  it('that fails gives the failure file as its reason, and no model', async () => {
    await create('failing', { HyperParameters: { do: 'fail' } });

    await machine.event(jobIs('failing', 'Failed'));
    const job = await describeJob('failing');

    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(/^AlgorithmError: The images are upside down x+/);
    expect(job.FailureReason).toHaveLength(1024);
    await expect(machine.get('out/failing/output/model.tar.gz')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('that is stopped gets SIGTERM, keeps what it saved, and ends as Stopped', async () => {
    await create('stopped', { HyperParameters: { do: 'wait' } });
    await untilItSays('stopped', 'waiting');

    await machine.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'stopped' }));
    expect((await describeJob('stopped')).TrainingJobStatus).toBe('Stopping');
    await machine.event(jobIs('stopped', 'Stopped'));

    expect(await describeJob('stopped')).toMatchObject({
      TrainingJobStatus: 'Stopped',
      SecondaryStatus: 'Stopped',
      ModelArtifacts: { S3ModelArtifacts: `s3://${BUCKET}/out/stopped/output/model.tar.gz` },
    });
    expect(await untar(await machine.get('out/stopped/output/model.tar.gz'))).toEqual({
      'weights.bin': 'saved on SIGTERM',
    });
    await expect(
      machine.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'stopped' })),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The request was rejected because the training job is in status Stopped.',
    });
  });

  it('is forgotten when it is deleted, which it may be when it has ended', async () => {
    const remove = () =>
      machine.sagemaker.send(new DeleteTrainingJobCommand({ TrainingJobName: 'forgotten' }));
    await create('forgotten', { HyperParameters: { do: 'wait' } });
    await expect(remove()).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The request was rejected because the training job is in status InProgress.',
    });
    await stop('forgotten');
    await machine.event(jobIs('forgotten', 'Stopped'));

    await remove();

    await expect(describeJob('forgotten')).rejects.toThrow('Requested resource not found.');
    await create('forgotten');
    await machine.event(jobIs('forgotten', 'Completed'));
    await remove();
  });

  it('beyond the machine’s places waits as Pending, and can be stopped there', async () => {
    for (const name of ['first', 'second', 'third', 'fourth']) {
      await create(name, { HyperParameters: { do: 'wait' } });
    }
    expect(await describeJob('third')).toMatchObject({
      TrainingJobStatus: 'InProgress',
      SecondaryStatus: 'Pending',
    });

    await stop('third');
    expect(await describeJob('third')).toMatchObject({ TrainingJobStatus: 'Stopped' });
    await machine.event(jobIs('first', 'Training'));
    await stop('first');
    await machine.event(jobIs('fourth', 'Training'));
    await stop('second');
    await stop('fourth');
    await machine.event(jobIs('fourth', 'Stopped'));
    await machine.event(jobIs('second', 'Stopped'));
  });

  it('with any image but the template’s is refused by the image’s name', async () => {
    const image = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/other:1';
    await create('foreign', {
      AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: 'File' },
    });

    await machine.event(jobIs('foreign', 'Failed'));

    expect((await describeJob('foreign')).FailureReason).toMatch(
      /^ClientError: Cannot pull algorithm container\. The local AWS cannot run the image 123456789012/,
    );
  });

  it.each([
    ['a name with an underscore', 'a_b', {}, /Value 'a_b' at 'trainingJobName' .*regular expression pattern/],
    ['a name of 64 characters', 'a'.repeat(64), {}, /at 'trainingJobName' .*less than or equal to 63/],
    [
      'a hyperparameter beyond 2,500 characters',
      'v1',
      { HyperParameters: { a: 'x'.repeat(2501) } },
      /at 'hyperParameters.a' .*2500/,
    ],
    [
      'an unknown instance type',
      'v2',
      { ResourceConfig: { InstanceType: 'ml.huge' as 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 } },
      /enum value set/,
    ],
    [
      'two instances',
      'v3',
      { ResourceConfig: { InstanceType: 'ml.m5.large' as const, InstanceCount: 2, VolumeSizeInGB: 1 } },
      /one instance, not 2/,
    ],
    ['spot without a waiting time', 'v4', { EnableManagedSpotTraining: true }, /MaxWaitTimeInSeconds/],
    [
      'a metric that is no regular expression',
      'v5',
      {
        AlgorithmSpecification: {
          TrainingImage: IMAGE,
          TrainingInputMode: 'File' as const,
          MetricDefinitions: [{ Name: 'm', Regex: '(' }],
        },
      },
      /regex of metric m is not valid/,
    ],
    [
      'an empty channel',
      'v6',
      {
        InputDataConfig: [
          {
            ChannelName: 'train',
            DataSource: {
              S3DataSource: { S3DataType: 'S3Prefix' as const, S3Uri: `s3://${BUCKET}/nothing/` },
            },
          },
        ],
      },
      /No S3 objects found under S3 URL "s3:\/\/shop-data\/nothing\/"/,
    ],
    [
      'what is not emulated',
      'v7',
      { DebugHookConfig: { S3OutputPath: `s3://${BUCKET}/c` } },
      /does not emulate DebugHookConfig of CreateTrainingJob/,
    ],
    ['an https output path', 'v8', { OutputDataConfig: { S3OutputPath: 'ftp://x' } }, /s3OutputPath/],
  ])('with %s is refused', async (_what, name, changes, message) => {
    await expect(create(name, changes)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('of a used name is refused as in use, however it ended', async () => {
    await expect(create('whole')).rejects.toMatchObject({ name: 'ResourceInUse' });
    await expect(create('failing')).rejects.toMatchObject({ name: 'ResourceInUse' });
  });

  it('that never was is not found', async () => {
    await expect(describeJob('nobody')).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Requested resource not found.',
    });
  });

  it('stands in lists, the newest first, in pages', async () => {
    const names: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await machine.sagemaker.send(
        new ListTrainingJobsCommand({ MaxResults: 2, NextToken, StatusEquals: 'Completed' }),
      );
      names.push(...page.TrainingJobSummaries!.map((job) => job.TrainingJobName));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);

    expect(names).toEqual(['logged', 'told', 'whole']);
  });
});

const stop = (TrainingJobName: string) =>
  machine.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName }));

/** Waits for a line in the job's log, after which its signal handlers are in place. */
async function untilItSays(name: string, line: string): Promise<void> {
  const logs = machine.client(CloudWatchLogsClient);
  await expect
    .poll(async () => {
      const { events } = await logs
        .send(
          new FilterLogEventsCommand({
            logGroupName: '/aws/sagemaker/TrainingJobs',
            logStreamNamePrefix: `${name}/`,
          }),
        )
        .catch(() => ({ events: [] }));
      return events?.map((event) => event.message);
    }, SOON)
    .toContain(line);
}
