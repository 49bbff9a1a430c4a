import { ResourceInUse, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type SFNClient, TaskTimedOut } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { trainingCallbackKey } from '#core/keys.ts';
import { createStartBaseline } from '../../functions/start-baseline.ts';
import { createStartFineTuning } from '../../functions/start-fine-tuning.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import { olderVersion, prepared, subject, trained } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const input = {
  token: 'token-1',
  ...subject,
  job: prepared.jobs.transfer,
  resources: prepared.resources,
  images: prepared.images,
};
const callback = () => stage.json(buckets.artifacts, trainingCallbackKey(input.job));

let sagemaker: RecordingClient<SageMakerClient>;
let sfn: RecordingClient<SFNClient>;
const services = (settings = {}) =>
  stage.services({ sagemaker: sagemaker.client, sfn: sfn.client, settings });
const start = (given = input) => createStartFineTuning(services())(given);
const inUse = new ResourceInUse({ message: 'exists', $metadata: {} });
beforeEach(() => {
  sagemaker = recordingClient<SageMakerClient>({ CreateTrainingJob: {} });
  sfn = recordingClient<SFNClient>({ SendTaskSuccess: {}, SendTaskFailure: {} });
});

describe('start-fine-tuning', () => {
  test('stores the token before the job exists, so that even a quick end is answered', async () => {
    let stored: unknown;
    sagemaker.answer('CreateTrainingJob', async () => {
      stored = await callback();
      return {};
    });

    expect(await start({ ...input, token: 'token-of-this-test' })).toBe('running');

    expect(stored).toEqual({ schemaVersion: 1, token: 'token-of-this-test' });
    expect(sfn.calls).toEqual([]);
  });

  test('starts the job that the container expects', async () => {
    await start();

    const [job] = sagemaker.inputsOf('CreateTrainingJob');
    const channels = (
      job!.InputDataConfig as { ChannelName: string; DataSource: { S3DataSource: object } }[]
    ).map(({ ChannelName, DataSource }) => [ChannelName, DataSource.S3DataSource]);
    const prefix = (S3Uri: string) => ({
      S3Uri,
      S3DataType: 'S3Prefix',
      S3DataDistributionType: 'FullyReplicated',
    });
    expect(Object.fromEntries(channels)).toEqual({
      model: prefix('s3://models/general/icons/20261123T154200Z-3f2a9c/'),
      train: prefix('s3://data/domains/produce/train/'),
      test: prefix('s3://data/domains/produce/test/'),
      domain: prefix('s3://artifacts/promotions/promote-icons/produce/domain/'),
    });
    expect(job).toMatchObject({
      TrainingJobName: 'produce-transfer-0',
      RoleArn: 'arn:role',
      HyperParameters: { mode: 'transfer', domain: 'produce' },
      AlgorithmSpecification: { TrainingImage: '1.dkr.ecr/graft:1', TrainingInputMode: 'File' },
      OutputDataConfig: { S3OutputPath: 's3://artifacts/promotions/promote-icons/produce/training' },
      ResourceConfig: { InstanceType: 'ml.c5.xlarge', InstanceCount: 1 },
      StoppingCondition: { MaxRuntimeInSeconds: 3600 },
      EnableManagedSpotTraining: false,
    });
    expect(job!.StoppingCondition).not.toHaveProperty('MaxWaitTimeInSeconds');
    expect(job).not.toHaveProperty('CheckpointConfig');
    expect(job!.Tags).toContainEqual({ Key: 'graft:domain', Value: 'produce' });
  });

  test('runs the job in the deployment’s network, with its key and its tags, where they are set', async () => {
    const vpc = { Subnets: ['subnet-1'], SecurityGroupIds: ['sg-1'] };
    const tags = [{ Key: 'team', Value: 'vision' }];
    await createStartFineTuning(services({ kmsKeyArn: 'arn:key', vpc, tags }))(input);
    await start();

    const [own, plain] = sagemaker.inputsOf('CreateTrainingJob');
    expect(own).toMatchObject({ VpcConfig: vpc, OutputDataConfig: { KmsKeyId: 'arn:key' } });
    expect(own!.Tags).toEqual(expect.arrayContaining([...tags, { Key: 'graft:domain', Value: 'produce' }]));
    expect(plain).not.toHaveProperty('VpcConfig');
    expect(plain!.OutputDataConfig).not.toHaveProperty('KmsKeyId');
  });

  const live = {
    trainingJob: 'job-before',
    version: olderVersion,
    modelKey: 'promotions/before/model.tar.gz',
  };
  test.each([
    ['the champion’s model, where there is one', live, ['s3://artifacts/promotions/before/model.tar.gz']],
    ['nothing of a champion whose archive is gone', { ...live, modelKey: null }, []],
    ['nothing where nothing is live', null, []],
  ])('gives the job %s', async (_what, champion, uris) => {
    await createStartFineTuning(services())({ ...input, champion });

    const channels = sagemaker.inputsOf('CreateTrainingJob')[0]!.InputDataConfig as {
      ChannelName: string;
      DataSource: { S3DataSource: { S3Uri: string } };
    }[];
    const found = channels.filter(({ ChannelName }) => ChannelName === 'champion');
    expect(found.map(({ DataSource }) => DataSource.S3DataSource.S3Uri)).toEqual(uris);
  });

  test.each([
    ['images of no class', { train: 4, test: 6, other: 1 }, ['s3://data/domains/produce/other/']],
    ['no empty channel', { train: 4, test: 6 }, []],
  ])('gives both jobs %s', async (_what, images, uris) => {
    await start({ ...input, images });
    await createStartBaseline(services())({ ...input, images });

    for (const { InputDataConfig } of sagemaker.inputsOf('CreateTrainingJob')) {
      const channels = InputDataConfig as {
        ChannelName: string;
        DataSource: { S3DataSource: { S3Uri: string } };
      }[];
      const found = channels.filter(({ ChannelName }) => ChannelName === 'other');
      expect(found.map(({ DataSource }) => DataSource.S3DataSource.S3Uri)).toEqual(uris);
    }
  });

  test('gives a spot job time to wait for an instance, and each job its own place for checkpoints', async () => {
    const spot = { ...input, resources: { ...input.resources, spot: true } };
    await start(spot);
    await createStartBaseline(services())({ ...spot, job: prepared.jobs.baseline });

    const prefix = 's3://artifacts/promotions/promote-icons/produce/checkpoints';
    for (const [index, mode] of ['transfer', 'baseline'].entries()) {
      expect(sagemaker.inputsOf('CreateTrainingJob')[index]).toMatchObject({
        EnableManagedSpotTraining: true,
        StoppingCondition: { MaxRuntimeInSeconds: 3600, MaxWaitTimeInSeconds: 7200 },
        CheckpointConfig: { S3Uri: `${prefix}/${mode}`, LocalPath: '/opt/ml/checkpoints' },
      });
    }
  });

  test('reads every metric from the lines that the container prints', async () => {
    await start();

    const lines =
      'graft:step=20 training_accuracy=0.8125 validation_accuracy=0.7500 validation_loss=0.61\ngraft:test_accuracy=0.7125';
    const { MetricDefinitions } = sagemaker.inputsOf('CreateTrainingJob')[0]!.AlgorithmSpecification as {
      MetricDefinitions: { Name: string; Regex: string }[];
    };
    const read = MetricDefinitions.map(({ Name, Regex }) => [Name, new RegExp(Regex).exec(lines)?.[1]]);
    expect(Object.fromEntries(read)).toEqual({
      'graft:step': '20',
      'graft:training_accuracy': '0.8125',
      'graft:validation_accuracy': '0.7500',
      'graft:validation_loss': '0.61',
      'graft:test_accuracy': '0.7125',
    });
  });

  describe('when the job exists already, as on a retry', () => {
    beforeEach(() => sagemaker.answer('CreateTrainingJob', inUse));

    test('keeps waiting, with the new token, while it runs', async () => {
      sagemaker.answer('DescribeTrainingJob', { TrainingJobStatus: 'InProgress' });

      expect(await start({ ...input, token: 'token-2' })).toBe('running');

      expect(await callback()).toMatchObject({ token: 'token-2' });
      expect(sfn.calls).toEqual([]);
    });

    test('answers at once when it has completed, since its event was lost', async () => {
      sagemaker.answer('DescribeTrainingJob', {
        TrainingJobStatus: 'Completed',
        ModelArtifacts: { S3ModelArtifacts: `s3://artifacts/${trained('transfer').modelKey}` },
        OutputDataConfig: { S3OutputPath: 's3://artifacts/promotions/promote-icons/produce/training' },
      });

      expect(await start({ ...input, token: 'token-2' })).toBe('answered');

      const [{ taskToken, output } = {} as never] = sfn.inputsOf('SendTaskSuccess');
      expect(taskToken).toBe('token-2');
      expect(JSON.parse(output as string)).toEqual(trained('transfer'));
      expect(await callback()).toBeUndefined();
    });

    test.each([
      ['Failed', { FailureReason: 'AlgorithmError: no images' }, /failed: AlgorithmError: no images/],
      ['Stopped', { SecondaryStatus: 'MaxRuntimeExceeded' }, /longer than recipe\.maxSeconds/],
      ['Stopped', { SecondaryStatus: 'Stopped' }, /by hand/],
    ])('fails the state where it has %s %j', async (TrainingJobStatus, description, cause) => {
      sagemaker.answer('DescribeTrainingJob', { TrainingJobStatus, ...description });

      await start();

      expect(sfn.inputsOf('SendTaskFailure')).toEqual([
        { taskToken: 'token-1', error: 'TrainingFailed', cause: expect.stringMatching(cause) },
      ]);
      expect(sfn.inputsOf('SendTaskSuccess')).toEqual([]);
    });

    test('keeps waiting for its own job that has no model yet', async () => {
      sagemaker.answer('DescribeTrainingJob', {
        TrainingJobStatus: 'InProgress',
        ModelArtifacts: { S3ModelArtifacts: '' },
        OutputDataConfig: { S3OutputPath: 's3://artifacts/promotions/x' },
      });

      expect(await start()).not.toBe('answered');
    });

    test.each(['InProgress', 'Completed'])(
      'fails the state where another deployment’s job has that name and is %s',
      async (TrainingJobStatus) => {
        sagemaker.answer('DescribeTrainingJob', {
          TrainingJobStatus,
          ModelArtifacts: { S3ModelArtifacts: 's3://artifacts-of-another/promotions/x/output/model.tar.gz' },
          OutputDataConfig: { S3OutputPath: 's3://artifacts-of-another/promotions/x' },
        });

        expect(await start()).toBe('answered');

        const cause = expect.stringMatching(
          /belongs to another deployment: it writes to s3:\/\/artifacts-of-another\/promotions\/x, not to s3:\/\/artifacts\//,
        );
        expect(sfn.inputsOf('SendTaskFailure')).toEqual([
          { taskToken: 'token-1', error: 'TrainingFailed', cause },
        ]);
        expect(sfn.inputsOf('SendTaskSuccess')).toEqual([]);
      },
    );

    test('keeps the stored token when no state waits with its own any more', async () => {
      sagemaker.answer('DescribeTrainingJob', { TrainingJobStatus: 'Failed' });
      sfn.answer('SendTaskFailure', new TaskTimedOut({ message: 'timed out', $metadata: {} }));

      expect(await start()).toBe('not waiting');
      expect(await callback()).toBeDefined();
    });
  });

  test('passes on other errors', async () => {
    sagemaker.answer('CreateTrainingJob', serviceError('ResourceLimitExceeded', 'no ml.c5.xlarge left'));

    await expect(start()).rejects.toThrow('no ml.c5.xlarge left');
  });
});
