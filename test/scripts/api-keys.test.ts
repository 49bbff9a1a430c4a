import { APIGatewayClient, GetApiKeysCommand } from '@aws-sdk/client-api-gateway';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { LocalAws } from 'local-aws';
import { createApiGateway, createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bucket } from '#cloud/aws/bucket.ts';
import { accessSchema } from '#core/api/access.ts';
import { accessKey } from '#core/keys.ts';
import { createKey, grantKey, listKeys, revokeKey } from '../../scripts/api-keys/keys.ts';
import type { KeyStack } from '../../scripts/api-keys/stack.ts';

const template = {
  Resources: {
    First: { Type: 'AWS::ApiGateway::ApiKey', Properties: { Name: 'graft-dev', Enabled: true } },
    Foreign: { Type: 'AWS::ApiGateway::ApiKey', Properties: { Name: 'graft-prod-shop', Enabled: true } },
    Plan: { Type: 'AWS::ApiGateway::UsagePlan', Properties: { UsagePlanName: 'graft-dev' } },
    FirstOfPlan: {
      Type: 'AWS::ApiGateway::UsagePlanKey',
      Properties: { KeyId: { Ref: 'First' }, KeyType: 'API_KEY', UsagePlanId: { Ref: 'Plan' } },
    },
  },
  Outputs: Object.fromEntries(['First', 'Foreign', 'Plan'].map((name) => [name, { Value: { Ref: name } }])),
};

let local: LocalAws;
let stack: KeyStack;
beforeAll(async () => {
  local = await startLocal({ services: [createApiGateway, createS3], template });
  const s3 = local.client(S3Client);
  await s3.send(new CreateBucketCommand({ Bucket: 'artifacts' }));
  stack = {
    gateway: local.client(APIGatewayClient),
    artifacts: new Bucket(s3, 'artifacts'),
    usagePlanId: local.outputs.Plan!,
    prefix: 'graft-dev-',
  };
});
afterAll(() => local.stop());

const accessOf = (id: string) => stack.artifacts.findJson(accessKey(id), accessSchema);

describe('a key of the API', () => {
  test('is made with what it may do, listed, changed and revoked', async () => {
    const { id, value } = await createKey(stack, 'shop', { domains: 'produce, clothes', rights: 'predict' });
    expect(value.length).toBeGreaterThan(20);
    expect(await accessOf(id)).toEqual({
      ...{ schemaVersion: 1, name: 'shop', domains: ['produce', 'clothes'], rights: ['predict'] },
    });
    const first = `${local.outputs.First}  graft-dev  no document`;
    expect(await listKeys(stack)).toEqual([first, `${id}  graft-dev-shop  produce,clothes  predict`]);

    await grantKey(stack, id, { domains: '*', rights: 'read,operate' });
    expect(await listKeys(stack)).toContain(`${id}  graft-dev-shop  *  read,operate`);

    await revokeKey(stack, id);
    expect(await listKeys(stack)).toEqual([first]);
    expect(await accessOf(id)).toBeUndefined();
  });

  test.each([
    [{ domains: 'produce' }, /rights/],
    [{ rights: 'predict' }, /domains/],
    [{ domains: 'No_Name', rights: 'predict' }, /domains/],
    [{ domains: 'produce', rights: 'rule' }, /rights/],
  ])('with %j is refused, and none is made', async (grant, message) => {
    await expect(createKey(stack, 'wrong', grant)).rejects.toThrow(message);
    const { items = [] } = await stack.gateway.send(new GetApiKeysCommand({}));
    expect(items.map(({ name }) => name)).not.toContain('graft-dev-wrong');
  });

  test('that the deployment has made can be granted more', async () => {
    await grantKey(stack, local.outputs.First!, { domains: '*', rights: 'predict,read' });
    expect(await accessOf(local.outputs.First!)).toMatchObject({ name: 'graft-dev' });
  });

  test('of another stage is out of reach', async () => {
    await expect(revokeKey(stack, local.outputs.Foreign!)).rejects.toThrow(/no key/);
    await expect(grantKey(stack, 'nothing', { domains: '*', rights: 'read' })).rejects.toThrow(/no key/);
  });
});
