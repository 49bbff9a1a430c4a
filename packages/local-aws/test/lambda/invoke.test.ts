import {
  GetFunctionCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLambda } from '../../src/services/lambda/index.ts';
import { ANY_ROLE, type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { provisioned } from '../../src/testing/provisioned.ts';

const inline = (source: string, more: Record<string, unknown> = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Code: { ZipFile: source },
    Handler: 'index.handler',
    Role: ANY_ROLE,
    Runtime: 'nodejs24.x',
    ...more,
  },
});

let local: LocalAws;
let lambda: LambdaClient;

beforeAll(async () => {
  local = await startLocal({
    services: [
      provisioned(createLambda, {
        Echo: inline(
          `exports.handler = async (event, context) => {
             console.log('two\\nlines'); process.stdout.write('raw\\n'); console.error('wrong');
             return { event, id: context.awsRequestId, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis() };
           };`,
          { FunctionName: 'echo', Timeout: 10, MemorySize: 256 },
        ),
        Environment: inline('exports.handler = async () => process.env;', {
          FunctionName: 'environment',
          Environment: { Variables: { MINE: 'yes' } },
        }),
        Counter: inline('let n = 0; exports.handler = async () => [process.pid, ++n];', {
          FunctionName: 'counter',
        }),
        Callback: inline(
          'exports.handler = (event, context, callback) => setImmediate(callback, null, "late");',
          { FunctionName: 'callback', Runtime: 'nodejs22.x' },
        ),
        Silent: inline('exports.handler = () => 1;', { FunctionName: 'silent', Runtime: 'nodejs22.x' }),
        LateCallback: inline(
          'exports.handler = (event, context, callback) => setImmediate(callback, null, "late");',
          { FunctionName: 'late-callback' },
        ),
        Synchronous: inline('exports.handler = (event, context) => Object.keys(context).sort();', {
          FunctionName: 'synchronous',
        }),
        Never: inline('exports.handler = () => new Promise(() => {});', { FunctionName: 'never' }),
        Throws: inline(
          'class Odd extends Error { constructor(m) { super(m); this.name = "Odd"; } } exports.handler = async () => { throw new Odd("no"); };',
          { FunctionName: 'throws' },
        ),
        Exits: inline('exports.handler = async (code) => process.exit(code);', { FunctionName: 'exits' }),
        Rejects: inline(
          'exports.handler = () => new Promise(() => { Promise.reject(new Error("lost")); });',
          {
            FunctionName: 'rejects',
          },
        ),
        Broken: inline('const x = require("not-there");', { FunctionName: 'broken' }),
        NoHandler: inline('exports.other = 1;', { FunctionName: 'no-handler' }),
        Big: inline('exports.handler = async (n) => "x".repeat(n);', { FunctionName: 'big' }),
        None: inline('exports.handler = async () => {};', {
          FunctionName: 'none',
          ReservedConcurrentExecutions: 0,
        }),
        Sdk: inline(
          'const { LambdaClient } = require("@aws-sdk/client-lambda"); exports.handler = async () => typeof LambdaClient;',
          { FunctionName: 'sdk' },
        ),
        Allowed: {
          Type: 'AWS::Lambda::Permission',
          Properties: {
            FunctionName: 'echo',
            Action: 'lambda:InvokeFunction',
            Principal: 'events.amazonaws.com',
            SourceArn: 'arn:aws:events:eu-central-1:000000000000:rule/one',
          },
        },
      }),
    ],
  });
  lambda = local.client(LambdaClient);
});
afterAll(() => local.stop());

async function invoke(FunctionName: string, payload?: unknown, more = {}) {
  const answer = await lambda.send(
    new InvokeCommand({
      FunctionName,
      ...(payload === undefined ? {} : { Payload: JSON.stringify(payload) }),
      ...more,
    }),
  );
  const text = answer.Payload?.transformToString() ?? '';
  return { ...answer, body: text === '' ? undefined : JSON.parse(text) };
}

test('answers with what the handler returns, and its log on request', async () => {
  const answer = await invoke('echo', { é: [1] }, { LogType: 'Tail' });
  expect(answer.FunctionError).toBeUndefined();
  expect(answer.StatusCode).toBe(200);
  expect(answer.ExecutedVersion).toBe('$LATEST');
  expect(answer.body).toMatchObject({
    event: { é: [1] },
    arn: 'arn:aws:lambda:eu-central-1:000000000000:function:echo',
  });
  expect(answer.body.id).toBe(answer.$metadata.requestId);
  expect(answer.body.left).toBeGreaterThan(5000);
  const log = Buffer.from(answer.LogResult!, 'base64').toString();
  expect(log).toMatch(
    /START RequestId: .+ Version: \$LATEST\n.+\tINFO\ttwo\nlines\nraw\n.+\tERROR\twrong\nEND RequestId: .+\nREPORT RequestId: .+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t\n$/,
  );
});

test('takes every form of reference to a function, and no payload', async () => {
  for (const name of [
    'echo',
    '000000000000:function:echo',
    'arn:aws:lambda:eu-central-1:000000000000:function:echo',
    'echo:$LATEST',
  ]) {
    expect((await invoke(name)).body.event).toEqual({});
  }
});

test('gives the environment that Lambda gives, and nothing of ours', async () => {
  const { body } = await invoke('environment');
  expect(body).toMatchObject({
    MINE: 'yes',
    AWS_LAMBDA_FUNCTION_NAME: 'environment',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: local.endpoint,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    _HANDLER: 'index.handler',
  });
  expect(body._X_AMZN_TRACE_ID).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};/);
  expect(body.AWS_SESSION_TOKEN).toMatch(/^local\./);
  expect(Object.keys(body).filter((name) => /LOCAL_|VITEST|npm_/.test(name))).toEqual([]);
});

test('uses an environment again, and another one only for another invocation at the same time', async () => {
  const first = (await invoke('counter')).body;
  expect((await invoke('counter')).body).toEqual([first[0], 2]);
  const both = await Promise.all([invoke('counter'), invoke('counter')]);
  expect(new Set(both.map((one) => one.body[0])).size).toBe(2);
});

test('understands the callback of older handlers', async () => {
  expect((await invoke('callback')).body).toBe('late');
});

test('a handler that neither promises nor calls back answers null, as in Lambda', async () => {
  expect((await invoke('silent')).body).toBeNull();
  expect((await invoke('never')).body).toBeNull();
});

test('on nodejs24.x takes what a handler returns without a promise, and gives it nothing to call back', async () => {
  const { body } = await invoke('synchronous');

  expect(body).toContain('awsRequestId');
  expect(body).not.toEqual(expect.arrayContaining(['done']));
  expect(body).not.toEqual(expect.arrayContaining(['callbackWaitsForEmptyEventLoop']));
});

test('describes what a handler throws', async () => {
  const answer = await invoke('throws');
  expect(answer.FunctionError).toBe('Unhandled');
  expect(answer.StatusCode).toBe(200);
  expect(answer.body).toMatchObject({ errorType: 'Odd', errorMessage: 'no' });
  expect(answer.body.trace[0]).toBe('Odd: no');
});

test.each([
  ['exits', 7, 'Runtime.ExitError', /^RequestId: .+ Error: Runtime exited with error: exit status 7$/],
  ['exits', 0, 'Runtime.ExitError', /Runtime exited without providing a reason$/],
  ['rejects', {}, 'Runtime.UnhandledPromiseRejection', /^Error: lost$/],
  ['broken', {}, 'Runtime.ImportModuleError', /^Error: Cannot find module 'not-there'/],
  [
    'late-callback',
    {},
    'Runtime.CallbackHandlerDeprecated',
    /^ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node\.js 24\./,
  ],
  ['no-handler', {}, 'Runtime.HandlerNotFound', /^index.handler is undefined or not exported$/],
])(
  '%s(%o): the environment ends with %s, and the next invocation has a new one',
  async (name, event, type, message) => {
    for (let again = 0; again < 2; again++) {
      const answer = await invoke(name, event);
      expect(answer.FunctionError).toBe('Unhandled');
      expect(answer.body.errorType).toBe(type);
      expect(answer.body.errorMessage).toMatch(message);
    }
  },
);

test('refuses more than 6 MB in and out', async () => {
  await expect(invoke('echo', 'x'.repeat(6 * 1024 * 1024))).rejects.toMatchObject({
    name: 'RequestTooLargeException',
    $metadata: { httpStatusCode: 413 },
  });
  expect((await invoke('big', 6 * 1024 * 1024 - 2)).FunctionError).toBeUndefined();
  expect((await invoke('big', 6 * 1024 * 1024 + 200)).body.errorType).toBe('Function.ResponseSizeTooLarge');
  await expect(invoke('echo', 'x'.repeat(1024 * 1024), { InvocationType: 'Event' })).rejects.toMatchObject({
    name: 'RequestTooLargeException',
  });
});

test('refuses what is no JSON, no function, or beyond its concurrency', async () => {
  await expect(
    lambda.send(new InvokeCommand({ FunctionName: 'echo', Payload: Buffer.from('{') })),
  ).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
  await expect(invoke('nobody')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'Function not found: arn:aws:lambda:eu-central-1:000000000000:function:nobody',
    $metadata: { httpStatusCode: 404 },
  });
  await expect(invoke('none')).rejects.toMatchObject({
    name: 'TooManyRequestsException',
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    $metadata: { httpStatusCode: 429 },
  });
});

test.each([
  [{ AWS_REGION: 'here' }, /reserved for Lambda/],
  [{ LONG: 'x'.repeat(5000) }, /4 KB/],
  [{ '1st': 'x' }, /Variables.1st/],
  [{}, /Layers/],
])('refuses a function that Lambda would refuse: %j', async (Variables, message) => {
  const layers = Object.keys(Variables).length === 0 ? { Layers: ['arn'] } : {};
  const { Properties } = inline('', { Environment: { Variables }, ...layers });
  const provide = createLambda(local.world).resources!['AWS::Lambda::Function']!;
  await expect(provide.put('Wrong', Properties, {} as never)).rejects.toThrow(message);
});

test('finds the AWS SDK that Lambda brings along', async () => {
  expect((await invoke('sdk')).body).toBe('function');
});

test('shows functions and their policies', async () => {
  const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: 'echo' }));
  expect(Configuration).toMatchObject({
    Handler: 'index.handler',
    Timeout: 10,
    State: 'Active',
    Role: ANY_ROLE,
  });
  const { Functions } = await lambda.send(new ListFunctionsCommand({}));
  expect(Functions?.map((one) => one.FunctionName)).toContain('sdk');
  const { Policy } = await lambda.send(new GetPolicyCommand({ FunctionName: 'echo' }));
  expect(JSON.parse(Policy!).Statement).toMatchObject([
    {
      Principal: { Service: 'events.amazonaws.com' },
      Condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:events:eu-central-1:000000000000:rule/one' } },
    },
  ]);
});

test.each([
  ['another region', 'arn:aws:lambda:us-east-1:000000000000:function:echo', 'ResourceNotFoundException'],
  ['another account', 'arn:aws:lambda:eu-central-1:123456789012:function:echo', 'AccessDeniedException'],
  ['another account by its number', '123456789012:function:echo', 'AccessDeniedException'],
])('runs no function of %s, though one here has the same name', async (_what, name, error) => {
  await expect(invoke(name)).rejects.toMatchObject({ name: error });
});

test('takes every form of its own function’s name, and one qualifier only', async () => {
  const arn = 'arn:aws:lambda:eu-central-1:000000000000:function:echo';
  for (const name of ['echo', 'echo:$LATEST', '000000000000:function:echo', arn, `${arn}:$LATEST`]) {
    expect((await invoke(name, 1)).body.event).toBe(1);
  }
  await expect(invoke('echo:$LATEST', 1, { Qualifier: 'live' })).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
  });
});
