// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of CloudFormation
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  APIGatewayClient,
  GetApiKeyCommand,
  GetApiKeysCommand,
  GetResourcesCommand,
  GetRestApisCommand,
  GetStagesCommand,
  GetUsagePlanKeysCommand,
  GetUsagePlansCommand,
} from '@aws-sdk/client-api-gateway';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApiGateway } from '../../src/services/api-gateway/index.ts';
import { createLambda } from '../../src/services/lambda/index.ts';
import { ANY_ROLE, type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

const getArn = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] });
const fn = (FunctionName: string, source: string, more = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    FunctionName,
    Code: { ZipFile: source },
    Handler: 'index.handler',
    Role: ANY_ROLE,
    Runtime: 'nodejs24.x',
    ...more,
  },
});
const resource = (parent: unknown, PathPart: string) => ({
  Type: 'AWS::ApiGateway::Resource',
  Properties: { RestApiId: { Ref: 'Api' }, ParentId: parent, PathPart },
});
const method = (resourceName: string, functionName: string, more = {}) => ({
  Type: 'AWS::ApiGateway::Method',
  Properties: {
    RestApiId: { Ref: 'Api' },
    ResourceId: { Ref: resourceName },
    HttpMethod: 'POST',
    AuthorizationType: 'NONE',
    Integration: {
      Type: 'AWS_PROXY',
      IntegrationHttpMethod: 'POST',
      Uri: {
        'Fn::Sub': [
          'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${arn}/invocations',
          { arn: getArn(functionName) },
        ],
      },
    },
    ...more,
  },
});
const permission = (functionName: string) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    FunctionName: getArn(functionName),
    Action: 'lambda:InvokeFunction',
    Principal: 'apigateway.amazonaws.com',
    SourceArn: { 'Fn::Sub': 'arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*' },
  },
});
const root = { 'Fn::GetAtt': ['Api', 'RootResourceId'] };

const template = {
  Resources: {
    Api: {
      Type: 'AWS::ApiGateway::RestApi',
      Properties: {
        Name: 'test',
        BinaryMediaTypes: ['image/png'],
        EndpointConfiguration: { Types: ['EDGE'] },
        Policy: '',
      },
    },
    Shops: resource(root, 'shops'),
    Shop: resource({ Ref: 'Shops' }, '{shop}'),
    Orders: resource({ Ref: 'Shop' }, 'orders'),
    Special: resource({ Ref: 'Shops' }, 'special'),
    Answer: resource(root, 'answer'),
    Closed: resource(root, 'closed'),
    Slow: resource(root, 'slow'),
    Files: resource(root, '{path+}'),
    Deployment17: {
      Type: 'AWS::ApiGateway::Deployment',
      DependsOn: ['PostOrders'],
      Properties: { RestApiId: { Ref: 'Api' }, StageName: 'dev' },
    },
    PostOrders: method('Orders', 'EchoFunction', { ApiKeyRequired: true }),
    AnySpecial: method('Special', 'EchoFunction', { HttpMethod: 'ANY' }),
    GetFiles: method('Files', 'EchoFunction', { HttpMethod: 'GET' }),
    PostAnswer: method('Answer', 'AnswerFunction'),
    PostClosed: method('Closed', 'ClosedFunction'),
    PostSlow: method('Slow', 'SlowFunction'),
    OptionsOrders: {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        RestApiId: { Ref: 'Api' },
        ResourceId: { Ref: 'Orders' },
        HttpMethod: 'OPTIONS',
        AuthorizationType: 'NONE',
        Integration: {
          Type: 'MOCK',
          RequestTemplates: { 'application/json': '{statusCode:200}' },
          IntegrationResponses: [
            {
              StatusCode: '200',
              ResponseParameters: {
                'method.response.header.Access-Control-Allow-Origin': "'*'",
                'method.response.header.Access-Control-Allow-Methods': "'OPTIONS,POST'",
              },
              ResponseTemplates: { 'application/json': '' },
            },
          ],
        },
        MethodResponses: [{ StatusCode: '200' }],
      },
    },
    TooLong: {
      Type: 'AWS::ApiGateway::GatewayResponse',
      Properties: {
        RestApiId: { Ref: 'Api' },
        ResponseType: 'REQUEST_TOO_LARGE',
        ResponseParameters: { 'gatewayresponse.header.X-Hint': "'smaller'" },
        ResponseTemplates: {
          'application/json': '{"title":$context.error.messageString,"type":"$context.error.responseType"}',
        },
      },
    },
    Key: { Type: 'AWS::ApiGateway::ApiKey', Properties: { Name: 'first', Enabled: true } },
    OtherKey: { Type: 'AWS::ApiGateway::ApiKey', Properties: { Name: 'second', Enabled: true } },
    Plan: {
      Type: 'AWS::ApiGateway::UsagePlan',
      DependsOn: 'Deployment17',
      Properties: {
        UsagePlanName: 'plan',
        ApiStages: [{ ApiId: { Ref: 'Api' }, Stage: 'dev' }],
        Throttle: { BurstLimit: 3, RateLimit: 2 },
        Quota: { Limit: 5, Period: 'DAY' },
      },
    },
    PlanKey: {
      Type: 'AWS::ApiGateway::UsagePlanKey',
      Properties: { KeyId: { Ref: 'Key' }, KeyType: 'API_KEY', UsagePlanId: { Ref: 'Plan' } },
    },
    EchoFunction: fn(
      'echo',
      `exports.handler = async (event) => ({ statusCode: 201, headers: { 'X-Mine': 1, 'WWW-Authenticate': 'no' },
        multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] }, body: JSON.stringify(event) });`,
    ),
    AnswerFunction: fn('answer', 'exports.handler = async (event) => JSON.parse(event.body);'),
    ClosedFunction: fn('closed', 'exports.handler = async () => ({ statusCode: 200 });'),
    SlowFunction: fn('slow', 'exports.handler = () => new Promise((resolve) => setTimeout(resolve, 1e6));', {
      Timeout: 60,
    }),
    EchoPermission: permission('EchoFunction'),
    AnswerPermission: permission('AnswerFunction'),
    SlowPermission: permission('SlowFunction'),
  },
  Outputs: {
    ApiUrl: { Value: { 'Fn::Sub': 'https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/dev' } },
  },
};

let state: string;
let clock: ManualClock;
let local: LocalAws;
let url: string;
let key: string;

async function start(): Promise<void> {
  local = await startLocal({ services: [createLambda, createApiGateway], template, clock, state });
  url = local.outputs.ApiUrl!;
  const { items } = await local
    .client(APIGatewayClient)
    .send(new GetApiKeysCommand({ nameQuery: 'first', includeValues: true }));
  key = items![0]!.value!;
}
beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'local-aws-api-'));
  clock = new ManualClock();
  await start();
});
afterEach(async () => {
  await local.stop();
  rmSync(state, { recursive: true, force: true });
});

const order = (body: BodyInit | null = '{}', headers: Record<string, string> = {}) =>
  fetch(`${url}/shops/a%20b/orders?x=1&x=2&y=%C3%A9`, {
    method: 'POST',
    body,
    headers: { 'x-api-key': key, ...headers },
  });
const answer = (response: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/answer`, { method: 'POST', body: JSON.stringify(response), headers });

test('gives the function the proxy event of REST APIs', async () => {
  const response = await order('{"a":"é"}', { 'Content-Type': 'application/json', 'X-Twice': 'one' });
  expect(response.status).toBe(201);
  expect(response.headers.get('x-mine')).toBe('1');
  expect(response.headers.get('x-amzn-remapped-www-authenticate')).toBe('no');
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  const event = await response.json();
  expect(event).toMatchObject({
    resource: '/shops/{shop}/orders',
    path: '/shops/a%20b/orders',
    httpMethod: 'POST',
    queryStringParameters: { x: '2', y: 'é' },
    multiValueQueryStringParameters: { x: ['1', '2'], y: ['é'] },
    pathParameters: { shop: 'a b' },
    stageVariables: null,
    body: '{"a":"é"}',
    isBase64Encoded: false,
    requestContext: {
      resourcePath: '/shops/{shop}/orders',
      httpMethod: 'POST',
      path: '/dev/shops/a%20b/orders',
      stage: 'dev',
      accountId: '000000000000',
      requestId: response.headers.get('x-amzn-requestid'),
      requestTime: '23/Nov/2026:00:00:00 +0000',
      requestTimeEpoch: clock.now(),
      identity: { sourceIp: '127.0.0.1', apiKey: key },
    },
  });
  expect(event.headers['x-api-key'] ?? event.headers['X-Api-Key']).toBe(key);
  expect(event.headers['X-Forwarded-For']).toBe('127.0.0.1');
  expect(event.multiValueHeaders['X-Forwarded-Proto']).toEqual(['http']);
  expect(Object.keys(event.headers).map((name) => name.toLowerCase())).not.toContain('content-length');
});

test('passes bytes on as base64 for binary media types, and as text otherwise', async () => {
  const bytes = Buffer.from([0x89, 0x50, 0xff, 0x00]);
  const png = await (await order(bytes, { 'content-type': 'image/png; x=y' })).json();
  expect(png).toMatchObject({ isBase64Encoded: true, body: bytes.toString('base64') });
  const text = await (await order(bytes, { 'content-type': 'image/gif' })).json();
  expect(text).toMatchObject({ isBase64Encoded: false, body: bytes.toString('utf8') });
  const none = await (await order(null, { 'content-type': 'image/png' })).json();
  expect(none).toMatchObject({ isBase64Encoded: false, body: null });
});

test('needs a known key of a plan for the stage', async () => {
  const { items } = await local
    .client(APIGatewayClient)
    .send(new GetApiKeysCommand({ nameQuery: 'second', includeValues: true }));
  for (const wrong of ['', 'nobody', items![0]!.value!]) {
    const response = await order('{}', { 'x-api-key': wrong });
    expect(response.status).toBe(403);
    expect(response.headers.get('x-amzn-errortype')).toBe('ForbiddenException');
    expect(await response.json()).toEqual({ message: 'Forbidden' });
  }
  const large = await order(Buffer.alloc(20 * 1024 * 1024), { 'x-api-key': 'nobody' });
  expect(large.status).toBe(403);
});

test('throttles above the burst, refills by the rate, and ends at the quota of the day', async () => {
  const statuses = async (count: number) => {
    const all: string[] = [];
    for (let n = 0; n < count; n++) {
      const response = await order();
      all.push(response.status === 201 ? 'ok' : `${response.status} ${(await response.json()).message}`);
    }
    return all;
  };
  expect(await statuses(4)).toEqual(['ok', 'ok', 'ok', '429 Too Many Requests']);
  clock.advance(500);
  expect(await statuses(2)).toEqual(['ok', '429 Too Many Requests']);
  clock.advance(1000);
  expect(await statuses(2)).toEqual(['ok', '429 Limit Exceeded']);
  await local.stop();
  await start();
  expect(await statuses(1)).toEqual(['429 Limit Exceeded']);
  clock.advance(86_400_000);
  expect(await statuses(1)).toEqual(['ok']);
});

test.each([
  ['POST', '/nowhere/at/all', 403, 'Missing Authentication Token'],
  ['GET', '/shops/a/orders', 201, undefined],
  ['DELETE', '/shops/special', 201, undefined],
  ['GET', '/shops/other', 201, undefined],
  ['DELETE', '/shops/other', 403, 'Missing Authentication Token'],
  ['GET', '', 403, 'Missing Authentication Token'],
])('%s %s: %i', async (httpMethod, path, status, message) => {
  const response = await fetch(`${url}${path}`, { method: httpMethod });
  expect(response.status).toBe(status);
  if (message !== undefined) expect(await response.json()).toEqual({ message });
});

test('another stage or API is forbidden', async () => {
  for (const wrong of [url.replace(/dev$/, 'prod'), `${local.endpoint}/_aws/execute-api/abc/dev`]) {
    expect((await fetch(`${wrong}/answer`, { method: 'POST' })).status).toBe(403);
  }
});

test('decodes what the client accepts as binary', async () => {
  const response = {
    statusCode: 200,
    headers: { 'content-type': 'image/png' },
    body: 'iVD/AA==',
    isBase64Encoded: true,
  };
  const bytes = await (await answer(response, { accept: 'image/png,*/*' })).arrayBuffer();
  expect([...new Uint8Array(bytes)]).toEqual([0x89, 0x50, 0xff, 0x00]);
  expect(await (await answer(response, { accept: '*/*' })).text()).toBe('iVD/AA==');
});

test.each([
  [{ body: 'no status' }],
  [{ statusCode: 200, body: { an: 'object' } }],
  [{ statusCode: 'ok' }],
  [{ statusCode: 200, headers: { a: [1] } }],
  [null],
  ['text'],
])('%j is no proxy response: 502', async (response) => {
  const failed = await answer(response);
  expect(failed.status).toBe(502);
  expect(await failed.json()).toEqual({ message: 'Internal server error' });
});

test('a function that throws is 502, one that may not be called 500', async () => {
  expect((await fetch(`${url}/answer`, { method: 'POST', body: 'no JSON' })).status).toBe(502);
  expect((await fetch(`${url}/closed`, { method: 'POST' })).status).toBe(500);
});

test('a function that takes longer than 29 s is 504', async () => {
  const slow = fetch(`${url}/slow`, { method: 'POST' });
  // The gateway's and the environment's timers.
  while (clock.waiting < 2) await new Promise(setImmediate);
  clock.advance(29_000);
  const response = await slow;
  expect(response.status).toBe(504);
  expect(await response.json()).toEqual({ message: 'Endpoint request timed out' });
});

test('a body over 10 MB is refused in the words of the template', async () => {
  const response = await order(Buffer.alloc(20 * 1024 * 1024), { 'content-type': 'image/png' });
  expect(response.status).toBe(413);
  expect(response.headers.get('x-hint')).toBe('smaller');
  expect(await response.json()).toEqual({ title: 'Request Too Long', type: 'REQUEST_TOO_LARGE' });
  // Under 10 MB, but over what a function takes once it is base64.
  expect((await order(Buffer.alloc(6 * 1024 * 1024), { 'content-type': 'image/png' })).status).toBe(413);
});

test('answers a preflight request by itself', async () => {
  const response = await fetch(`${url}/shops/a/orders`, { method: 'OPTIONS' });
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(response.headers.get('access-control-allow-methods')).toBe('OPTIONS,POST');
});

test('keeps header names as they were sent, and all their values', async () => {
  const event = await new Promise<{ multiValueHeaders: Record<string, string[]> }>((resolve, reject) => {
    const request = httpRequest(`${url}/shops/special`, { method: 'POST' }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve(JSON.parse(Buffer.concat(chunks).toString()));
    });
    request.on('error', reject);
    request.setHeader('X-MiXed', ['one', 'two']);
    request.end();
  });
  expect(event.multiValueHeaders['X-MiXed']).toEqual(['one', 'two']);
});

test('the key, the ids and the URL stay over a restart', async () => {
  const before = { path: new URL(url).pathname, key };
  await local.stop();
  await start();
  expect({ path: new URL(url).pathname, key }).toEqual(before);
});

test('the control plane shows what the template made', async () => {
  const client = local.client(APIGatewayClient);
  const { items: apis } = await client.send(new GetRestApisCommand({}));
  expect(apis).toMatchObject([{ name: 'test', binaryMediaTypes: ['image/png'] }]);
  const restApiId = apis![0]!.id!;
  expect(url).toContain(restApiId);
  expect((await client.send(new GetStagesCommand({ restApiId }))).item).toMatchObject([{ stageName: 'dev' }]);
  const { items: resources } = await client.send(new GetResourcesCommand({ restApiId }));
  expect(resources?.map((one) => one.path)).toContain('/shops/{shop}/orders');
  const { items: plans } = await client.send(new GetUsagePlansCommand({}));
  expect(plans).toMatchObject([
    { name: 'plan', throttle: { rateLimit: 2 }, quota: { limit: 5, period: 'DAY' } },
  ]);
  const { items: keys } = await client.send(new GetUsagePlanKeysCommand({ usagePlanId: plans![0]!.id }));
  expect(keys).toMatchObject([{ name: 'first', type: 'API_KEY' }]);
  const shown = await client.send(new GetApiKeyCommand({ apiKey: keys![0]!.id }));
  expect(shown.value).toBeUndefined();
  await expect(client.send(new GetApiKeyCommand({ apiKey: 'none' }))).rejects.toMatchObject({
    name: 'NotFoundException',
  });
});
