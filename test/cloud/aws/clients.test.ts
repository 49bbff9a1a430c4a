import { afterEach, describe, expect, test, vi } from 'vitest';
import { s3Client, sageMakerRuntimeClient } from '#cloud/aws/clients.ts';
import { readSettings, readTrainingSettings } from '#cloud/aws/settings.ts';

afterEach(() => vi.unstubAllEnvs());

describe('clients', () => {
  test.each([
    ['AWS_ENDPOINT_URL', 'http://127.0.0.1:4566', true],
    ['AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:4566', true],
    ['AWS_ENDPOINT_URL', '', false],
  ])('with %s=%s the bucket is part of the path: %s', (name, value, inPath) => {
    vi.stubEnv('AWS_ENDPOINT_URL', '');
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv(name, value);

    expect(s3Client().config.forcePathStyle).toBe(inPath);
  });

  test('a call to an endpoint is repeated once at most', async () => {
    vi.stubEnv('AWS_REGION', 'eu-central-1');

    expect(await sageMakerRuntimeClient().config.maxAttempts()).toBe(2);
    expect(await s3Client().config.maxAttempts()).toBe(6);
  });
});

describe('settings', () => {
  test('name all that are missing at once, and read only those that were asked for', () => {
    vi.stubEnv('GRAFT_DATA_BUCKET', 'data');
    vi.stubEnv('GRAFT_MODELS_BUCKET', '');
    vi.stubEnv('GRAFT_TOPIC_ARN', undefined);

    expect(readSettings('dataBucket')).toEqual({ dataBucket: 'data' });
    expect(() => readSettings('dataBucket', 'modelsBucket', 'topicArn')).toThrow(
      /GRAFT_MODELS_BUCKET.*GRAFT_TOPIC_ARN/,
    );
    expect(() => readTrainingSettings()).toThrow(/GRAFT_MODELS_BUCKET.*GRAFT_TRAINING_IMAGE/);
  });

  test.each([
    [undefined, []],
    ['', []],
    ['a', ['a']],
    [' a, b ,', ['a', 'b']],
  ])('read the trusted keys %j as %j', (given, keys) => {
    vi.stubEnv('GRAFT_SIGNING_PUBLIC_KEYS', given);

    expect(readSettings('publicKeys').publicKeys).toEqual(keys);
  });
});
