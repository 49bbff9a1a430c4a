import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { ExecutionDoesNotExist, type SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { championKey, deploymentLockKey, endpointCallbackKey } from '#core/keys.ts';
import { createRollBackEndpoint } from '../../functions/roll-back-endpoint.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import { champion, newerVersion, olderVersion, subject } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const artifact = 'promotions/promote-before/produce/training/job-before/output/model.tar.gz';
const missing = (what: string) => serviceError('ValidationException', `Could not find ${what}`);

let domain: string;
let count = 0;
let sagemaker: RecordingClient<SageMakerClient>;
let sfn: RecordingClient<SFNClient>;
const target = () => champion(olderVersion, { domain, endpoint: `graft-dev-${domain}` });
const endpointIs = (EndpointStatus: string, EndpointConfigName: string, more: object = {}) =>
  sagemaker.answer('DescribeEndpoint', { EndpointStatus, EndpointConfigName, ...more });

beforeEach(async () => {
  domain = `produce-${++count}`;
  const live = champion(newerVersion, { domain, endpointConfig: 'config-live' });
  await stage.put(buckets.artifacts, championKey(domain), live);
  await stage.put(buckets.artifacts, artifact, 'model');
  await stage.put(buckets.artifacts, target().evaluationKey, '{}');
  sfn = recordingClient<SFNClient>({
    SendTaskSuccess: {},
    SendTaskFailure: {},
    DescribeExecution: new ExecutionDoesNotExist({ message: 'no', $metadata: {} }),
  });
  sagemaker = recordingClient<SageMakerClient>({
    DescribeEndpointConfig: {
      ProductionVariants: [{ ModelName: 'model-before', ServerlessConfig: { MemorySizeInMB: 2048 } }],
    },
    DescribeModel: { PrimaryContainer: { ModelDataUrl: `s3://${buckets.artifacts}/${artifact}` } },
    UpdateEndpoint: () => endpointIs('Updating', 'config-live'),
    CreateEndpoint: () => endpointIs('Creating', 'config-before'),
    DeleteEndpoint: {},
  });
  endpointIs('InService', 'config-live');
});

const rollBack = (token = 'token-1') =>
  createRollBackEndpoint(stage.services({ sagemaker: sagemaker.client, sfn: sfn.client }))({
    ...subject,
    domain,
    version: olderVersion,
    token,
    executionArn: 'arn:execution',
    rollback: {
      from: { version: newerVersion, execution: 'x', endpointConfig: 'config-live', by: 'jane' },
      target: target(),
    },
  });
const operations = () => sagemaker.calls.map(({ operation }) => operation);
const answered = () => sfn.inputsOf('SendTaskSuccess').map(({ output }) => JSON.parse(output as string));

describe('roll-back-endpoint', () => {
  test('takes the lock, puts the earlier configuration back and waits', async () => {
    expect(await rollBack()).toBe('running');

    expect(sagemaker.inputsOf('UpdateEndpoint')).toEqual([
      { EndpointName: `graft-dev-${domain}`, EndpointConfigName: 'config-before' },
    ]);
    expect(await stage.json(buckets.artifacts, deploymentLockKey(domain))).toMatchObject({
      execution: subject.execution,
    });
  });

  test('is answered with what was live before, so that it can be taken back', async () => {
    await rollBack();
    endpointIs('InService', 'config-before');

    expect(await rollBack('token-2')).toBe('answered');
    expect(answered()).toEqual([
      {
        endpoint: `graft-dev-${domain}`,
        endpointConfig: 'config-before',
        modelName: 'model-before',
        previous: {
          etag: expect.any(String),
          version: newerVersion,
          endpointConfig: 'config-live',
          endpoint: expect.stringMatching(/^graft-dev-/),
        },
      },
    ]);
    expect(operations().filter((operation) => operation === 'UpdateEndpoint')).toHaveLength(1);
  });

  test('is not fooled by what an earlier wait for the same configuration has left', async () => {
    const left = {
      schemaVersion: 1,
      token: 'old',
      endpoint: `graft-dev-${domain}`,
      endpointConfig: 'config-before',
      requested: true,
      output: { endpoint: `graft-dev-${domain}`, previous: null },
    };
    await stage.put(buckets.artifacts, endpointCallbackKey(`graft-dev-${domain}`, 'config-before'), left);

    expect(await rollBack()).toBe('running');
    expect(operations()).toContain('UpdateEndpoint');
  });

  test('creates an endpoint that is gone', async () => {
    sagemaker.answer('DescribeEndpoint', missing('endpoint'));

    await rollBack();

    expect(sagemaker.inputsOf('CreateEndpoint')).toMatchObject([{ EndpointConfigName: 'config-before' }]);
  });

  test.each(['Updating', 'RollingBack', 'Deleting'])('waits while the endpoint is %s', async (status) => {
    endpointIs(status, 'config-live');

    await expect(rollBack()).rejects.toMatchObject({ name: 'Busy' });
  });

  test('fails at once where the endpoint serves a mix of two configurations', async () => {
    endpointIs('UpdateRollbackFailed', 'config-live', { FailureReason: 'no capacity' });

    await expect(rollBack()).rejects.toMatchObject({
      name: 'DeploymentFailed',
      message: expect.stringContaining('no capacity'),
      hint: expect.stringContaining('mix of two configurations'),
    });
    expect(operations()).not.toContain('UpdateEndpoint');
  });

  test('waits while another execution deploys', async () => {
    const lock = { schemaVersion: 1, execution: 'other', executionArn: 'arn:other' };
    await stage.put(buckets.artifacts, deploymentLockKey(domain), lock);
    sfn.answer('DescribeExecution', { status: 'RUNNING' });

    await expect(rollBack()).rejects.toMatchObject({ name: 'Busy' });
    expect(operations()).toEqual([]);
  });

  test('leaves alone what another promotion has deployed since the rollback was asked for', async () => {
    const other = champion(newerVersion, { domain, endpointConfig: 'config-other' });
    await stage.put(buckets.artifacts, championKey(domain), other);

    await expect(rollBack()).rejects.toMatchObject({ name: 'Superseded' });
    expect(operations()).toEqual([]);
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      'its configuration',
      () => sagemaker.answer('DescribeEndpointConfig', missing('endpoint configuration')),
      /endpoint configuration config-before is gone/,
    ],
    ['its model', () => sagemaker.answer('DescribeModel', missing('model')), /model model-before is gone/],
    ['its artifact', () => stage.remove(buckets.artifacts, artifact), /model\.tar\.gz is gone/],
    [
      'its evaluation',
      () => stage.remove(buckets.artifacts, target().evaluationKey),
      /evaluation-transfer\.json is gone/,
    ],
  ])('changes nothing when %s is gone', async (_what, remove, message) => {
    await remove();

    await expect(rollBack()).rejects.toMatchObject({
      name: 'NotFound',
      message: expect.stringMatching(message),
    });
    expect(operations()).not.toContain('UpdateEndpoint');
  });
});
