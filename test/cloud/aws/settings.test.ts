import { afterEach, expect, test, vi } from 'vitest';
import { readSettings, readSharedSettings } from '#cloud/aws/settings.ts';

afterEach(() => vi.unstubAllEnvs());

test('by default, a deployment’s resources share only the tag of its stage', () => {
  vi.stubEnv('GRAFT_STAGE', 'dev');

  expect(readSharedSettings()).toEqual({ vpc: undefined, tags: [{ Key: 'graft:stage', Value: 'dev' }] });
  expect(readSettings('logDays', 'trainingLogDays', 'batchLogDays', 'kmsKeyArn')).toEqual({
    logDays: 30,
    trainingLogDays: undefined,
    batchLogDays: undefined,
    kmsKeyArn: undefined,
  });
});

test('network and tags have the form in which serverless.yml writes them', () => {
  vi.stubEnv('GRAFT_STAGE', 'dev');
  vi.stubEnv('GRAFT_TAGS', 'team=vision,note=a=b');
  vi.stubEnv('GRAFT_SUBNET_IDS', 'subnet-1,subnet-2');
  vi.stubEnv('GRAFT_SECURITY_GROUP_IDS', 'sg-1');

  expect(readSharedSettings()).toEqual({
    vpc: { Subnets: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] },
    tags: [
      { Key: 'graft:stage', Value: 'dev' },
      { Key: 'team', Value: 'vision' },
      { Key: 'note', Value: 'a=b' },
    ],
  });
});
