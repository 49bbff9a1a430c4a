// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of CloudFormation
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
} from '@aws-sdk/client-api-gateway';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiGateway } from '../../src/services/api-gateway/index.ts';
import { createIam } from '../../src/services/iam/index.ts';
import { createLambda } from '../../src/services/lambda/index.ts';
import { mintRoleCredentials } from '../../src/services/sts/credentials.ts';
import { createSts } from '../../src/services/sts/index.ts';
import { ANY_ROLE, type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

const api = { RestApiId: { Ref: 'Api' } };
const method = (resource: string, more: object) => ({
  Type: 'AWS::ApiGateway::Method',
  Properties: {
    ...{ ...api, ResourceId: { Ref: resource }, HttpMethod: 'GET' },
    Integration: {
      Type: 'AWS_PROXY',
      IntegrationHttpMethod: 'POST',
      Uri: {
        'Fn::Sub':
          'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Echo.Arn}/invocations',
      },
    },
    ...more,
  },
});
const resource = (ParentId: unknown, PathPart: string) => ({
  Type: 'AWS::ApiGateway::Resource',
  Properties: { ...api, ParentId, PathPart },
});
const root = { 'Fn::GetAtt': ['Api', 'RootResourceId'] };
const template = {
  Resources: {
    Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'test' } },
    Shops: resource(root, 'shops'),
    Shop: resource({ Ref: 'Shops' }, '{shop}'),
    Keyed: resource(root, 'keyed'),
    GetShop: method('Shop', { AuthorizationType: 'AWS_IAM' }),
    GetKeyed: method('Keyed', { ApiKeyRequired: true }),
    Deployment: {
      Type: 'AWS::ApiGateway::Deployment',
      DependsOn: ['GetShop', 'GetKeyed'],
      Properties: { ...api, StageName: 'dev' },
    },
    Plan: {
      Type: 'AWS::ApiGateway::UsagePlan',
      DependsOn: 'Deployment',
      Properties: { ApiStages: [{ ApiId: { Ref: 'Api' }, Stage: 'dev' }] },
    },
    Echo: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        ...{ FunctionName: 'echo', Handler: 'index.handler', Role: ANY_ROLE, Runtime: 'nodejs24.x' },
        Code: {
          ZipFile:
            'exports.handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event.requestContext.identity) });',
        },
      },
    },
    EchoPermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: { 'Fn::GetAtt': ['Echo', 'Arn'] },
        Action: 'lambda:InvokeFunction',
        Principal: 'apigateway.amazonaws.com',
        SourceArn: { 'Fn::Sub': 'arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*' },
      },
    },
    Shopper: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: [
            { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
          ],
        },
        Policies: [
          {
            PolicyName: 'inline',
            PolicyDocument: {
              Statement: [
                {
                  ...{ Effect: 'Allow', Action: 'execute-api:Invoke' },
                  Resource: {
                    'Fn::Sub': 'arn:aws:execute-api:*:${AWS::AccountId}:${Api}/dev/GET/shops/north',
                  },
                },
              ],
            },
          },
        ],
      },
    },
  },
  Outputs: {
    ApiUrl: { Value: { 'Fn::Sub': 'https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/dev' } },
    Plan: { Value: { Ref: 'Plan' } },
    Role: { Value: { 'Fn::GetAtt': ['Shopper', 'Arn'] } },
  },
};

let state: string;
let local: LocalAws;
const clock = new ManualClock(Date.now());
async function start() {
  const services = [createIam, createSts, createLambda, createApiGateway];
  local = await startLocal({ services, template, state, clock });
}
beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'local-aws-callers-'));
  await start();
});
afterAll(async () => {
  await local.stop();
  rmSync(state, { recursive: true, force: true });
});

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${local.outputs.ApiUrl}${path}`, { headers });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}
const signature = (accessKey: string, service = 'execute-api') =>
  `AWS4-HMAC-SHA256 Credential=${accessKey}/20261128/eu-central-1/${service}/aws4_request, SignedHeaders=host, Signature=00`;

describe('a method with IAM authorization', () => {
  const asRole = () => {
    const { accessKeyId, sessionToken } = mintRoleCredentials(local.world, local.outputs.Role!, {
      seconds: 60,
    });
    return { authorization: signature(accessKeyId), 'x-amz-security-token': sessionToken };
  };

  test('is for who signs, and tells the function who that is', async () => {
    expect(await get('/shops/north')).toMatchObject({
      ...{ status: 403, json: { message: 'Missing Authentication Token' } },
    });
    const { status, json } = await get('/shops/north', { authorization: signature('AKIALOCAL') });
    expect(status).toBe(200);
    expect(json).toMatchObject({ accessKey: 'AKIALOCAL', userArn: 'arn:aws:iam::000000000000:root' });
  });

  test('lets a role do what its policies allow, path by path', async () => {
    const { status, json } = await get('/shops/north', asRole());
    expect(status).toBe(200);
    expect(json.userArn).toMatch(/^arn:aws:sts::000000000000:assumed-role\/.+\/local$/);
    expect(json.user).toMatch(/:local$/);
    expect(await get('/shops/south', asRole())).toMatchObject({
      status: 403,
      json: { message: 'Forbidden' },
    });
  });

  test('refuses what is signed for another service, or with credentials that have expired', async () => {
    expect((await get('/shops/north', { authorization: signature('AKIALOCAL', 's3') })).status).toBe(403);
    const expired = asRole();
    clock.advance(61_000);
    expect((await get('/shops/north', expired)).json.message).toMatch(/expired/);
  });
});

test('a key that is made later opens what its plan does, also after a restart, until it is deleted', async () => {
  const gateway = local.client(APIGatewayClient);
  const { id, value } = await gateway.send(new CreateApiKeyCommand({ name: 'shop', enabled: true }));
  const opens = async () => (await get('/keyed', { 'x-api-key': value! })).status;
  expect(await opens()).toBe(403);

  const usagePlanId = local.outputs.Plan;
  const attach = new CreateUsagePlanKeyCommand({ usagePlanId, keyId: id, keyType: 'API_KEY' });
  await gateway.send(attach);
  await expect(gateway.send(attach)).rejects.toMatchObject({ name: 'ConflictException' });
  expect((await get('/keyed', { 'x-api-key': value! })).json).toMatchObject({ apiKeyId: id });

  await local.stop();
  await start();
  expect(await opens()).toBe(200);
  await local.client(APIGatewayClient).send(new DeleteApiKeyCommand({ apiKey: id }));
  expect(await opens()).toBe(403);
});
