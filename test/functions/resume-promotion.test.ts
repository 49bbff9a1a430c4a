import { readFileSync } from 'node:fs';
import { ResourceNotFound, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { InvalidToken, type SFNClient, TaskDoesNotExist, TaskTimedOut } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { endpointCallbackKey, trainingCallbackKey } from '#core/keys.ts';
import { createResumePromotion } from '../../functions/resume-promotion.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import { deployed, trained } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const read = (name: string) => JSON.parse(readFileSync(`test/functions/events/${name}.json`, 'utf8'));
const jobEvent = read('training-job-completed');
const endpointEvent = read('endpoint-in-service');
const job = 'produce-transfer-0';
const endpoint = 'graft-dev-produce';

let sagemaker: RecordingClient<SageMakerClient>;
let sfn: RecordingClient<SFNClient>;
const resume = (event: unknown) =>
  createResumePromotion(stage.services({ sagemaker: sagemaker.client, sfn: sfn.client }))(event as never);
const completed = {
  TrainingJobStatus: 'Completed',
  ModelArtifacts: { S3ModelArtifacts: `s3://artifacts/${trained('transfer').modelKey}` },
  OutputDataConfig: { S3OutputPath: 's3://artifacts/promotions/promote-icons/produce/training' },
};
const jobCallback = () => stage.json(buckets.artifacts, trainingCallbackKey(job));
const refusedTokens = [
  ['timed out', new TaskTimedOut({ message: '', $metadata: {} })],
  ['does not exist any more', new TaskDoesNotExist({ message: '', $metadata: {} })],
  ['has another token', new InvalidToken({ message: '', $metadata: {} })],
] as const;

beforeEach(async () => {
  sagemaker = recordingClient<SageMakerClient>({});
  sfn = recordingClient<SFNClient>({ SendTaskSuccess: {}, SendTaskFailure: {} });
  await stage.put(buckets.artifacts, trainingCallbackKey(job), { schemaVersion: 1, token: 'job-token' });
});

describe('a training job’s event', () => {
  test('answers the waiting state with the artifacts of a completed job', async () => {
    sagemaker.answer('DescribeTrainingJob', completed);

    await resume(jobEvent);

    const [success] = sfn.inputsOf('SendTaskSuccess');
    expect(success!.taskToken).toBe('job-token');
    expect(JSON.parse(success!.output as string)).toEqual(trained('transfer'));
  });

  test('counts only as far as SageMaker confirms it now', async () => {
    sagemaker.answer('DescribeTrainingJob', { TrainingJobStatus: 'Failed', FailureReason: 'no images' });

    await resume(jobEvent);

    expect(sfn.inputsOf('SendTaskSuccess')).toEqual([]);
    expect(sfn.inputsOf('SendTaskFailure')).toMatchObject([
      { error: 'TrainingFailed', cause: expect.stringContaining('no images') },
    ]);
  });

  test('is answered once, however often it comes', async () => {
    sagemaker.answer('DescribeTrainingJob', completed);

    await resume(jobEvent);
    await resume(jobEvent);

    expect(sfn.calls).toHaveLength(1);
  });

  test.each(['InProgress', 'Stopping'])('has no effect while the job is %s', async (TrainingJobStatus) => {
    await resume({ ...jobEvent, detail: { ...jobEvent.detail, TrainingJobStatus } });

    sagemaker.answer('DescribeTrainingJob', { TrainingJobStatus });
    await resume(jobEvent);

    expect(sfn.calls).toEqual([]);
    expect(await jobCallback()).toBeDefined();
  });

  test('of another system’s job is ignored', async () => {
    const detail = { ...jobEvent.detail, TrainingJobName: 'of-another-system' };

    expect(await resume({ ...jobEvent, detail })).toEqual([]);
    expect(sagemaker.calls).toEqual([]);
  });

  test('of a job that SageMaker does not know is ignored', async () => {
    sagemaker.answer('DescribeTrainingJob', new ResourceNotFound({ message: 'no', $metadata: {} }));

    await expect(resume(jobEvent)).resolves.toEqual(['running']);
  });

  test.each(refusedTokens)('is harmless when the task %s', async (_what, error) => {
    sagemaker.answer('DescribeTrainingJob', completed);
    sfn.answer('SendTaskSuccess', error);

    await expect(resume(jobEvent)).resolves.toEqual(['not waiting']);
    // It may be a newer token that lies there by now.
    expect(await jobCallback()).toBeDefined();
  });

  test('is retried when Step Functions throttles', async () => {
    sagemaker.answer('DescribeTrainingJob', completed);
    sfn.answer('SendTaskSuccess', serviceError('ThrottlingException', 'Rate exceeded'));

    await expect(resume(jobEvent)).rejects.toThrow('Rate exceeded');
    expect(await jobCallback()).toBeDefined();
  });
});

describe('an endpoint’s event', () => {
  const key = endpointCallbackKey(endpoint, 'produce-config');
  const waiting = {
    schemaVersion: 1,
    token: 'endpoint-token',
    endpoint,
    endpointConfig: 'produce-config',
    requested: true,
    output: deployed,
  };
  const endpointIs = (EndpointStatus: string, EndpointConfigName: string, more: object = {}) =>
    sagemaker.answer('DescribeEndpoint', { EndpointStatus, EndpointConfigName, ...more });
  beforeEach(() => stage.put(buckets.artifacts, key, waiting));

  test('is success when the endpoint is in service on the requested configuration', async () => {
    endpointIs('InService', 'produce-config');

    await resume(endpointEvent);

    const [success] = sfn.inputsOf('SendTaskSuccess');
    expect(success!.taskToken).toBe('endpoint-token');
    expect(JSON.parse(success!.output as string)).toEqual(deployed);
    expect(await stage.json(buckets.artifacts, key)).toBeUndefined();
  });

  test('is failure when it is in service on another one: SageMaker rolled it back', async () => {
    endpointIs('InService', 'config-before', { FailureReason: 'alarm rang' });

    await resume(endpointEvent);

    expect(sfn.inputsOf('SendTaskSuccess')).toEqual([]);
    expect(sfn.inputsOf('SendTaskFailure')).toEqual([
      {
        taskToken: 'endpoint-token',
        error: 'RolledBack',
        cause: expect.stringMatching(/config-before instead of produce-config.*alarm rang/),
      },
    ]);
  });

  test('has no effect on another configuration before SageMaker has accepted the change', async () => {
    await stage.put(buckets.artifacts, key, { ...waiting, requested: false });
    endpointIs('InService', 'config-before');

    await resume(endpointEvent);

    expect(sfn.calls).toEqual([]);
  });

  test.each([
    ['Failed', /Failed: no memory/],
    ['UpdateRollbackFailed', /UpdateRollbackFailed: no memory/],
    ['OutOfService', /OutOfService: no memory/],
  ])('is failure, with its reason, when it is %s', async (status, cause) => {
    endpointIs(status, 'produce-config', { FailureReason: 'no memory' });

    await resume(endpointEvent);

    expect(sfn.inputsOf('SendTaskFailure')).toMatchObject([
      { error: 'DeploymentFailed', cause: expect.stringMatching(cause) },
    ]);
  });

  test.each(['CREATING', 'UPDATING', 'ROLLING_BACK', 'DELETING'])('%s is ignored', async (status) => {
    await resume({ ...endpointEvent, detail: { ...endpointEvent.detail, EndpointStatus: status } });

    expect(sagemaker.calls).toEqual([]);
  });

  test.each(['Creating', 'Updating', 'RollingBack'])(
    'means nothing while the endpoint is %s',
    async (status) => {
      endpointIs(status, 'config-before');

      await resume(endpointEvent);

      expect(sfn.calls).toEqual([]);
    },
  );

  test('of an endpoint that no state waits for is ignored', async () => {
    const detail = { ...endpointEvent.detail, EndpointName: 'graft-dev-produce-2' };

    expect(await resume({ ...endpointEvent, detail })).toEqual([]);
    expect(sagemaker.calls).toEqual([]);
  });
});
