import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { endpointCallbackKey } from '#core/keys.ts';
import { createRestoreEndpoint } from '../../functions/restore-endpoint.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import { deployed, olderVersion, subject } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

let endpoint: string;
let count = 0;
let sagemaker: RecordingClient<SageMakerClient>;
let sfn: RecordingClient<SFNClient>;
const endpointIs = (EndpointStatus: string, EndpointConfigName: string, more: object = {}) =>
  sagemaker.answer('DescribeEndpoint', { EndpointStatus, EndpointConfigName, ...more });
const serverless = { ProductionVariants: [{ CurrentServerlessConfig: { MemorySizeInMB: 2048 } }] };

beforeEach(() => {
  endpoint = `graft-dev-produce-${++count}`;
  sfn = recordingClient<SFNClient>({ SendTaskSuccess: {}, SendTaskFailure: {} });
  sagemaker = recordingClient<SageMakerClient>({
    DescribeEndpointConfig: { ProductionVariants: [{ ServerlessConfig: {} }] },
    UpdateEndpoint: () => endpointIs('Updating', 'produce-config'),
    DeleteEndpoint: {},
  });
  endpointIs('InService', 'produce-config', serverless);
});

const previous = { etag: '"1"', version: olderVersion, endpointConfig: 'config-before' };
const restore = (before: typeof previous | null, token = 'token-1') =>
  createRestoreEndpoint(stage.services({ sagemaker: sagemaker.client, sfn: sfn.client }))({
    ...subject,
    token,
    deployment: { ...deployed, endpoint, previous: before },
  });
const operations = () => sagemaker.calls.map(({ operation }) => operation);
const answered = () => sfn.inputsOf('SendTaskSuccess').map(({ output }) => JSON.parse(output as string));

describe('restore-endpoint, with a champion before', () => {
  test('puts its configuration back and waits', async () => {
    expect(await restore(previous)).toBe('running');

    expect(sagemaker.inputsOf('UpdateEndpoint')).toEqual([
      { EndpointName: endpoint, EndpointConfigName: 'config-before' },
    ]);
    const stored = await stage.json(buckets.artifacts, endpointCallbackKey(endpoint, 'config-before'));
    expect(stored).toMatchObject({ token: 'token-1', requested: true });
  });

  test('keeps the instances’ count where both are instances', async () => {
    endpointIs('InService', 'produce-config', { ProductionVariants: [{ CurrentInstanceCount: 2 }] });
    sagemaker.answer('DescribeEndpointConfig', { ProductionVariants: [{ InstanceType: 'ml.c5.large' }] });

    await restore(previous);

    expect(sagemaker.inputsOf('UpdateEndpoint')[0]).toMatchObject({ RetainAllVariantProperties: true });
  });

  test('is done where it is back already', async () => {
    endpointIs('InService', 'config-before');

    expect(await restore(previous)).toBe('answered');
    expect(answered()).toEqual([{ endpoint, endpointConfig: 'config-before' }]);
  });

  test('fails where SageMaker refuses to go back', async () => {
    await restore(previous);
    endpointIs('InService', 'produce-config', { FailureReason: 'no capacity' });

    await restore(previous, 'token-2');

    expect(sfn.inputsOf('SendTaskFailure')).toMatchObject([
      { taskToken: 'token-2', error: 'RolledBack', cause: expect.stringMatching(/no capacity/) },
    ]);
  });

  test('leaves a configuration alone that this promotion did not deploy', async () => {
    endpointIs('InService', 'by-hand');

    await expect(restore(previous)).rejects.toMatchObject({
      name: 'DeploymentFailed',
      message: expect.stringContaining('by-hand'),
    });
    expect(operations()).not.toContain('UpdateEndpoint');
  });

  test.each(['Updating', 'RollingBack'])('is busy while the endpoint is %s', async (status) => {
    endpointIs(status, 'produce-config');

    await expect(restore(previous)).rejects.toMatchObject({ name: 'Busy' });
  });

  test.each(['UpdateRollbackFailed', 'OutOfService'])(
    'fails at once when the endpoint is %s',
    async (status) => {
      endpointIs(status, 'produce-config');

      await expect(restore(previous)).rejects.toMatchObject({
        name: 'DeploymentFailed',
        hint: expect.stringContaining('Delete it'),
      });
      expect(operations()).not.toContain('UpdateEndpoint');
    },
  );

  test.each([
    ['gone', serviceError('ValidationException', 'Could not find endpoint')],
    ['Failed', { EndpointStatus: 'Failed', EndpointConfigName: 'produce-config' }],
  ])('says that it cannot when the endpoint is %s', async (what, description) => {
    sagemaker.answer('DescribeEndpoint', description);

    await expect(restore(previous)).rejects.toMatchObject({
      name: 'DeploymentFailed',
      message: expect.stringContaining(what),
    });
  });
});

describe('restore-endpoint, with nothing before', () => {
  test.each(['InService', 'Failed', 'UpdateRollbackFailed'])(
    'deletes an endpoint that is %s, and is done',
    async (status) => {
      endpointIs(status, 'produce-config');

      expect(await restore(null)).toBe('answered');

      expect(sagemaker.inputsOf('DeleteEndpoint')).toEqual([{ EndpointName: endpoint }]);
      expect(answered()).toEqual([{ endpoint, endpointConfig: null }]);
    },
  );

  test.each([
    ['gone', serviceError('ValidationException', 'Could not find endpoint')],
    ['being deleted', { EndpointStatus: 'Deleting', EndpointConfigName: 'produce-config' }],
  ])('is done where it is %s', async (_what, description) => {
    sagemaker.answer('DescribeEndpoint', description);

    expect(await restore(null)).toBe('answered');
    expect(operations()).not.toContain('DeleteEndpoint');
  });

  test('never deletes an endpoint that serves another deployment', async () => {
    endpointIs('InService', 'by-hand');

    await restore(null);

    expect(operations()).not.toContain('DeleteEndpoint');
  });

  test('is busy while the endpoint is changing', async () => {
    endpointIs('Updating', 'produce-config-2');

    await expect(restore(null)).rejects.toMatchObject({ name: 'Busy' });
  });
});
