import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ResourceNotFound, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { championSchema, outcomeSchema } from '#core/contracts/outcome.ts';
import type { DomainPromotion } from '#core/contracts/promotion-state.ts';
import {
  approvalKey,
  championKey,
  checkpointsPrefix,
  configurationKey,
  deploymentLockKey,
  endpointCallbackKey,
  outcomeKey,
} from '#core/keys.ts';
import { createFinishDomain } from '../../functions/finish-domain.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import {
  champion,
  confirmedPromotion,
  deployed,
  gated,
  newerVersion,
  olderVersion,
  prepared,
  subject,
  trained,
} from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

let domain: string;
let count = 0;
let sagemaker: RecordingClient<SageMakerClient>;
let sns: RecordingClient<SNSClient>;
let cloudwatch: RecordingClient<CloudWatchClient>;
let logs: RecordingClient<CloudWatchLogsClient>;
beforeEach(() => {
  domain = `produce-${++count}`;
  sagemaker = recordingClient<SageMakerClient>({ StopTrainingJob: {} });
  sns = recordingClient<SNSClient>({ Publish: {} });
  cloudwatch = recordingClient<CloudWatchClient>({ DeleteAlarms: {}, PutMetricAlarm: {} });
  logs = recordingClient<CloudWatchLogsClient>({ PutRetentionPolicy: {} });
});

const kept = (execution: string) => `${checkpointsPrefix(execution, domain)}baseline/training.checkpoint`;

const services = (now = Date.now) =>
  stage.services({
    sagemaker: sagemaker.client,
    sns: sns.client,
    cloudwatch: cloudwatch.client,
    logs: logs.client,
    now,
    settings: { keptConfigurations: 2 },
  });
const finish = (changes: Partial<DomainPromotion> = {}, at = Date.UTC(2026, 10, 23, 17)) =>
  createFinishDomain(services(() => at))({ ...confirmedPromotion, domain, ...changes });
const outcome = async () =>
  outcomeSchema.parse(await stage.json(buckets.artifacts, outcomeKey(subject.execution, domain)));
const live = () => stage.json(buckets.artifacts, championKey(domain));
const lambdaError = (errorType: string, errorMessage: string) => ({
  Error: errorType,
  Cause: JSON.stringify({ errorType, errorMessage, trace: [] }),
});
const failed = { error: lambdaError('InvalidInput', 'train/apple has 0 images') };

describe('finish-domain', () => {
  test('writes the first champion', async () => {
    const answer = await finish();

    expect(answer).toMatchObject({
      domain,
      outcome: 'DEPLOYED',
      baselineAccuracy: 0.4,
      transferAccuracy: 0.9,
      endpoint: 'graft-dev-produce',
    });
    expect(championSchema.parse(await live())).toMatchObject({
      domain,
      version: subject.version,
      endpointConfig: deployed.endpointConfig,
      trainingJob: 'produce-transfer-0',
      modelKey: trained('transfer').modelKey,
      accuracy: 0.9,
      promotedAt: '2026-11-23T17:00:00.000Z',
    });
    expect(await outcome()).toMatchObject({ outcome: 'DEPLOYED', finishedAt: '2026-11-23T17:00:00.000Z' });
  });

  test('replaces the champion that was live when the deployment began', async () => {
    await stage.put(buckets.artifacts, championKey(domain), champion(olderVersion, { domain }));
    const { etag } = (await stage.store.champions.find(domain))!;

    const previous = { etag, version: olderVersion, endpointConfig: 'config-before' };
    await finish({ deployment: { ...deployed, previous } });

    expect(await live()).toMatchObject({ version: subject.version });
  });

  test('adds every champion to the history once, however often it is tried', async () => {
    sns.answer('Publish', serviceError('ThrottlingException', 'Rate exceeded'));
    await expect(finish()).rejects.toThrow('Rate exceeded');
    sns.answer('Publish', {});
    await finish({}, Date.UTC(2026, 10, 23, 18));

    const history = await stage.store.championHistory.list(domain);
    expect(history).toEqual([await live()]);
    expect(history[0]!.promotedAt).toBe('2026-11-23T17:00:00.000Z');
  });

  test('sets up an alarm and a log retention for a deployed endpoint', async () => {
    await finish();

    expect(cloudwatch.inputsOf('PutMetricAlarm')).toMatchObject([
      {
        AlarmName: 'endpoint-graft-dev-produce-server-errors',
        MetricName: 'Invocation5XXErrors',
        Dimensions: [
          { Name: 'EndpointName', Value: 'graft-dev-produce' },
          { Name: 'VariantName', Value: 'AllTraffic' },
        ],
        AlarmActions: ['arn:topic'],
      },
    ]);
    expect(logs.inputsOf('PutRetentionPolicy')).toEqual([
      { logGroupName: '/aws/sagemaker/Endpoints/graft-dev-produce', retentionInDays: 30 },
    ]);
  });

  test('is DEPLOYED although the alarm could not be set up', async () => {
    cloudwatch.answer('PutMetricAlarm', serviceError('LimitExceeded', 'Too many alarms'));

    expect(await finish()).toMatchObject({ outcome: 'DEPLOYED' });
  });

  test('removes the pending approval', async () => {
    const approval = { required: true, timeoutSeconds: 60 };
    const key = approvalKey(subject.execution, domain);
    await stage.put(buckets.artifacts, key, { token: 'token' });

    await finish({
      prepared: { ...prepared, approval },
      approval: { approved: false, by: 'jane', comment: 'limes' },
    });

    expect(await stage.json(buckets.artifacts, key)).toBeUndefined();
    expect(await outcome()).toMatchObject({ outcome: 'REJECTED', approval: { by: 'jane' } });
    expect(await live()).toBeUndefined();
  });

  test.each([
    ['came meanwhile', null],
    [
      'changed meanwhile',
      { etag: '"0123456789abcdef0123456789abcdef"', version: olderVersion, endpointConfig: 'x' },
    ],
  ])('never overwrites a champion that %s', async (_what, previous) => {
    await stage.put(buckets.artifacts, championKey(domain), champion(newerVersion, { domain }));

    const answer = await finish({ deployment: { ...deployed, previous } });

    expect(answer).toMatchObject({ outcome: 'FAILED', reason: expect.stringContaining('champion.json') });
    expect(await live()).toMatchObject({ version: newerVersion });
  });

  test('repeats nothing on a retry', async () => {
    const first = await finish();
    expect(await finish()).toEqual(first);

    expect(sns.calls).toHaveLength(1);
  });

  test('goes on after an interruption that follows the champion', async () => {
    sns.answer('Publish', serviceError('ThrottlingException', 'Rate exceeded'));
    await expect(finish()).rejects.toThrow('Rate exceeded');
    sns.answer('Publish', {});

    expect(await finish()).toMatchObject({ outcome: 'DEPLOYED' });
  });

  test('tells the domain owner the outcome, the reason and what to do, within SNS’s limits', async () => {
    await finish({ ...failed, domain: `${domain}-ü-${'x'.repeat(120)}` });

    const [notice] = sns.inputsOf('Publish');
    expect(notice!.Subject).toMatch(/^[\x20-\x7e]{1,100}$/);
    expect(notice!.Message).toMatch(
      /FAILED[\s\S]*train\/apple has 0 images[\s\S]*The live model has not changed[\s\S]*s3:\/\/artifacts\//,
    );
    expect(notice!.MessageAttributes).toMatchObject({ outcome: { StringValue: 'FAILED' } });
  });

  test('puts each warning about the data into the outcome and the notice, once', async () => {
    await finish({
      prepared: { ...prepared, warnings: ['an image is there twice'] },
      gate: { ...gated, warnings: ['two look the same', 'an image is there twice'] },
    });

    expect((await outcome()).warnings).toEqual(['an image is there twice', 'two look the same']);
    expect(sns.inputsOf('Publish')[0]!.Message).toMatch(
      /About the data:\n- an image is there twice\n- two look the same\n/,
    );
  });

  test('says that the live model has a later date, and what to do if that date is wrong', async () => {
    await stage.put(buckets.artifacts, championKey(domain), champion(newerVersion, { domain }));

    await finish({ error: lambdaError('Superseded', 'a newer one is live') });

    expect(await outcome()).toMatchObject({ outcome: 'SUPERSEDED', supersededBy: newerVersion });
    expect(sns.inputsOf('Publish')[0]!.Message).toMatch(
      new RegExp(`SUPERSEDED[\\s\\S]*${newerVersion}, whose date is later[\\s\\S]*force this model`),
    );
  });

  test('sends no notice where this version is already live', async () => {
    await stage.put(buckets.artifacts, championKey(domain), champion(subject.version, { domain }));

    const answer = await finish({ error: lambdaError('Superseded', 'a newer one is live') });

    expect(answer).toMatchObject({ outcome: 'SUPERSEDED', reason: 'a newer one is live' });
    expect(sns.calls).toEqual([]);
  });

  test('does not change the champion without a confirmed deployment', async () => {
    await finish(failed);

    expect(await live()).toBeUndefined();
  });

  test('releases the deployment lock, but only its own', async () => {
    const lock = { schemaVersion: 1, executionArn: 'arn', execution: subject.execution };
    await stage.put(buckets.artifacts, deploymentLockKey(domain), lock);
    await finish(failed);
    expect(await stage.json(buckets.artifacts, deploymentLockKey(domain))).toBeUndefined();

    const others = { ...lock, execution: 'other' };
    await stage.put(buckets.artifacts, deploymentLockKey(domain), others);
    await finish(failed);
    expect(await stage.json(buckets.artifacts, deploymentLockKey(domain))).toEqual(others);
  });

  test.each([
    [
      'has ended',
      serviceError('ValidationException', 'The request was rejected because the job is Completed'),
    ],
    ['never began', new ResourceNotFound({ message: 'no', $metadata: {} })],
    ['cannot be stopped', serviceError('AccessDeniedException', 'no')],
    ['runs on', {}],
  ])('stops the other training job after one has failed, even when it %s', async (_what, answer) => {
    sagemaker.answer('StopTrainingJob', answer);
    const { training: _, ...promotion } = { ...confirmedPromotion, domain };

    await createFinishDomain(services())({ ...promotion, ...failed });

    expect(sagemaker.inputsOf('StopTrainingJob')).toEqual([
      { TrainingJobName: 'produce-transfer-0' },
      { TrainingJobName: 'produce-baseline-0' },
    ]);
  });

  test('keeps a long reason whole in outcome.json and shortens it in the state', async () => {
    const reason = 'x'.repeat(1000);

    const answer = await finish({ error: { Error: 'TrainingFailed', Cause: reason } });

    expect(answer.reason).toHaveLength(160);
    expect((await outcome()).reason).toBe(reason);
  });
});

describe('the clean-up after a promotion', () => {
  const record = (endpointConfig: string, day: number | null, modelName = `model-of-${endpointConfig}`) =>
    stage.put(buckets.artifacts, configurationKey(domain, endpointConfig), {
      schemaVersion: 1,
      endpointConfig,
      modelName,
      execution: `promote-${endpointConfig}`,
      promotedAt: day === null ? null : `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z`,
    });
  const deleted = () => ({
    configs: sagemaker.inputsOf('DeleteEndpointConfig').map((input) => input.EndpointConfigName),
    models: sagemaker.inputsOf('DeleteModel').map((input) => input.ModelName),
  });
  beforeEach(async () => {
    for (const [name, day] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['d', 4],
    ] as const)
      await record(name, day);
    sagemaker.answer('DescribeEndpoint', {
      EndpointStatus: 'InService',
      EndpointConfigName: deployed.endpointConfig,
    });
    sagemaker.answer('DeleteEndpointConfig', {});
    sagemaker.answer('DeleteModel', {});
  });

  test('removes the configurations, models and alarms of all but the newest promotions', async () => {
    expect(await finish()).toMatchObject({ outcome: 'DEPLOYED' });

    expect(deleted()).toEqual({
      configs: ['c', 'b', 'a'],
      models: ['model-of-c', 'model-of-b', 'model-of-a'],
    });
    expect(cloudwatch.inputsOf('DeleteAlarms')).toHaveLength(9);
    expect(await stage.json(buckets.artifacts, configurationKey(domain, 'a'))).toBeUndefined();
    expect(await stage.json(buckets.artifacts, configurationKey(domain, 'd'))).toMatchObject({
      endpointConfig: 'd',
    });
    expect(
      await stage.json(buckets.artifacts, configurationKey(domain, deployed.endpointConfig)),
    ).toMatchObject({ promotedAt: '2026-11-23T17:00:00.000Z' });
  });

  test('never removes a configuration that is live, that the endpoint changes to, or that a state waits for', async () => {
    sagemaker.answer('DescribeEndpoint', {
      EndpointStatus: 'Updating',
      EndpointConfigName: 'a',
      PendingDeploymentSummary: { EndpointConfigName: 'b' },
    });
    await stage.put(buckets.artifacts, endpointCallbackKey(deployed.endpoint, 'c'), {
      schemaVersion: 1,
      token: 'token',
      endpoint: deployed.endpoint,
      endpointConfig: 'c',
      requested: true,
      output: {},
    });

    await finish();
    await stage.remove(buckets.artifacts, endpointCallbackKey(deployed.endpoint, 'c'));

    expect(deleted()).toEqual({ configs: [], models: [] });
  });

  test('keeps a model that a remaining configuration serves', async () => {
    await record('a', 1, 'model-of-d');

    await finish();

    expect(deleted()).toEqual({ configs: ['c', 'b', 'a'], models: ['model-of-c', 'model-of-b'] });
  });

  test('counts configurations that were never live separately, so that failures remove no earlier champion', async () => {
    for (const name of ['x', 'y', 'z']) await record(name, null);

    await finish();

    expect(deleted().configs).toHaveLength(4);
    expect(deleted().configs).not.toContain('d');
  });

  test('goes on when a resource is already deleted', async () => {
    const missing = serviceError('ValidationException', 'Could not find endpoint configuration "arn:…".');
    sagemaker.answer('DeleteEndpointConfig', missing);
    cloudwatch.answer('DeleteAlarms', serviceError('ResourceNotFound', 'no such alarm'));

    await finish();

    expect(deleted().models).toHaveLength(3);
  });

  test.each(['DescribeEndpoint', 'DeleteEndpointConfig', 'DeleteModel'])(
    'that fails at %s changes nothing about the outcome, and is taken up next time',
    async (operation) => {
      sagemaker.answer(operation, serviceError('AccessDeniedException', 'no'));

      expect(await finish()).toMatchObject({ outcome: 'DEPLOYED' });
      expect(await stage.json(buckets.artifacts, configurationKey(domain, 'a'))).toBeDefined();
    },
  );

  test('does not happen when nothing was deployed', async () => {
    await finish(failed);

    expect(sagemaker.calls).toEqual([]);
  });
});

describe('the checkpoints of spot jobs', () => {
  const resources = { ...prepared.resources, spot: true };

  test.each([
    ['has ended', {}],
    ['has failed', { error: { Error: 'TrainingFailed', Cause: 'stopped' }, training: undefined }],
  ])('are removed once the promotion %s, and those of others stay', async (_what, changes) => {
    const [own, other] = [kept(subject.execution), kept('another')];
    for (const key of [own, other]) await stage.put(buckets.artifacts, key, '{}');

    await finish({ prepared: { ...prepared, resources }, ...(changes as Partial<DomainPromotion>) });

    expect(await stage.json(buckets.artifacts, own)).toBeUndefined();
    expect(await stage.json(buckets.artifacts, other)).toEqual({});
  });
});
