import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLambda } from '../../src/services/lambda/index.ts';
import { createLogs } from '../../src/services/logs/index.ts';
import { createSqs } from '../../src/services/sqs/index.ts';
import { ANY_ROLE, type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { zipArchive } from '../zip-archive.ts';

const QUEUE = 'arn:aws:sqs:eu-central-1:000000000000:failures';
const fn = (FunctionName: string, more = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    FunctionName,
    Code: { S3Bucket: 'deployment', S3Key: `serverless/shop/dev/1795450187791/${FunctionName}.zip` },
    Handler: 'functions/main.handler',
    Role: ANY_ROLE,
    Runtime: 'nodejs24.x',
    ...more,
  },
});
const template = {
  Resources: {
    Failures: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'failures' } },
    Main: fn('main', { Timeout: 3, ReservedConcurrentExecutions: 2 }),
    MainConfig: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: { Ref: 'Main' },
        Qualifier: '$LATEST',
        DestinationConfig: {
          OnFailure: { Destination: { 'Fn::GetAtt': ['Failures', 'Arn'] } },
          OnSuccess: { Destination: { 'Fn::GetAtt': ['Failures', 'Arn'] } },
        },
      },
    },
    Letters: fn('letters', { DeadLetterConfig: { TargetArn: QUEUE } }),
    LettersConfig: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: { FunctionName: { Ref: 'Letters' }, Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
    },
  },
};
const CODE = `
  import { existsSync, writeFileSync } from 'node:fs';
  let calls = 0;
  export const handler = async ({ hang, fail, until, say, touch }) => {
    calls++;
    if (say) console.log(say);
    if (touch) writeFileSync(touch, '');
    if (hang === true || (hang && !existsSync(hang))) await new Promise((resolve) => setTimeout(resolve, 1e6));
    if (until && !existsSync(until)) throw new TypeError('not yet');
    if (fail) throw new TypeError('no');
    return { calls, pid: process.pid };
  };`;

let folder: string;
let clock: ManualClock;
let local: LocalAws;
let lambda: LambdaClient;

async function start(): Promise<void> {
  const services = [createLogs, createSqs, createLambda];
  local = await startLocal({
    services,
    template,
    folder: join(folder, 'artifacts'),
    clock,
    state: join(folder, 'state'),
  });
  lambda = local.client(LambdaClient);
}
async function invoke(event: unknown, FunctionName = 'main') {
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
  return { ...answer, body: JSON.parse(answer.Payload!.transformToString()) };
}
const send = (event: unknown, FunctionName = 'main') =>
  lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: JSON.stringify(event) }));
async function received() {
  const { Messages } = await local.client(SQSClient).send(
    new ReceiveMessageCommand({
      QueueUrl: `${local.endpoint}/000000000000/failures`,
      WaitTimeSeconds: 20,
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages![0]!;
}
const logged = async (filterPattern: string) => {
  const { events } = await local
    .client(CloudWatchLogsClient)
    .send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/main', filterPattern }));
  return events!.map((event) => event.message!);
};
/** Until that many timers wait: what happens in a child process happens in its own time. */
const timers = async (count: number) => {
  while (clock.waiting < count) await new Promise(setImmediate);
};

const there = async (path: string) => {
  while (!existsSync(path)) await new Promise(setImmediate);
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'local-aws-lambda-'));
  clock = new ManualClock();
  mkdirSync(join(folder, 'artifacts'));
  for (const name of ['main', 'letters']) {
    writeFileSync(
      join(folder, 'artifacts', `${name}.zip`),
      zipArchive([{ path: 'functions/main.mjs', content: CODE }]),
    );
  }
  await start();
});
afterEach(async () => {
  await local.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('runs the archive that the packaging left beside the template, and its log reaches CloudWatch Logs', async () => {
  expect((await invoke({ say: 'hello' })).body.calls).toBe(1);
  await local.stop();
  await start();
  expect((await logged('hello'))[0]).toMatch(/\tINFO\thello\n$/);
  expect((await logged('REPORT'))[0]).toMatch(/Billed Duration: \d+ ms\tMemory Size: 128 MB/);
  expect(await logged('INIT_START')).toHaveLength(1);
});

test('code of an archive that changed is unpacked anew, the old removed', async () => {
  const unpacked = join(folder, 'state', 'lambda', 'unpacked');
  const before = readdirSync(unpacked);
  await local.stop();
  const changed = zipArchive([
    { path: 'functions/main.cjs', content: 'exports.handler = async () => "new";' },
  ]);
  for (const name of ['main', 'letters']) writeFileSync(join(folder, 'artifacts', `${name}.zip`), changed);
  await start();
  expect((await invoke({})).body).toBe('new');
  expect(readdirSync(unpacked)).toHaveLength(1);
  expect(readdirSync(unpacked)).not.toEqual(before);
});

test('an archive that is not there is named when the template is read', async () => {
  await local.stop();
  rmSync(join(folder, 'artifacts', 'letters.zip'));
  await expect(start()).rejects.toThrow(/"letters" is not at .*letters\.zip/);
  writeFileSync(join(folder, 'artifacts', 'letters.zip'), zipArchive([{ path: 'x', content: '' }]));
  await start();
});

test('a function that takes too long is killed and says so; the next invocation has a new process', async () => {
  const first = (await invoke({})).body;
  const started = join(folder, 'started');
  const hanging = invoke({ hang: true, touch: started });
  await there(started);
  clock.advance(3000);
  const answer = await hanging;
  expect(answer.FunctionError).toBe('Unhandled');
  expect(answer.body.errorType).toBe('Sandbox.Timedout');
  expect(answer.body.errorMessage).toMatch(
    /^RequestId: [0-9a-f-]{36} Error: Task timed out after 3\.00 seconds$/,
  );
  expect(() => process.kill(first.pid, 0)).toThrow('ESRCH');
  expect((await invoke({})).body.calls).toBe(1);
});

test('an environment without work is ended after a while', async () => {
  const { pid } = (await invoke({})).body;
  clock.advance(60_000);
  expect((await invoke({})).body).toEqual({ calls: 2, pid });
  clock.advance(120_000);
  const after = (await invoke({})).body;
  expect(after.calls).toBe(1);
  expect(after.pid).not.toBe(pid);
});

test('beyond the reserved concurrency there is a TooManyRequestsException, and room again afterwards', async () => {
  const busy = [invoke({ hang: true }), invoke({ hang: true })];
  await timers(2);
  await expect(invoke({})).rejects.toMatchObject({ name: 'TooManyRequestsException' });
  clock.advance(13_000);
  await Promise.all(busy);
  expect((await invoke({})).body.calls).toBe(1);
});

test('an event is tried three times, then goes to the destination with its error', async () => {
  const { StatusCode, $metadata } = await send({ fail: true });
  expect(StatusCode).toBe(202);
  // The retry and the idle environment's end.
  for (const wait of [60_000, 120_000]) {
    await timers(2);
    clock.advance(wait);
  }
  const record = JSON.parse((await received()).Body!);
  expect(record).toMatchObject({
    version: '1.0',
    requestContext: {
      requestId: $metadata.requestId,
      functionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:main:$LATEST',
      condition: 'RetriesExhausted',
      approximateInvokeCount: 3,
    },
    requestPayload: { fail: true },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorType: 'TypeError', errorMessage: 'no' },
  });
});

test('an event that waits for its second attempt survives a restart', async () => {
  const until = join(folder, 'now');
  await send({ until });
  await timers(2);
  await local.stop();
  writeFileSync(until, '');
  await start();
  clock.advance(60_000);
  expect(JSON.parse((await received()).Body!)).toMatchObject({
    requestContext: { condition: 'Success', approximateInvokeCount: 2 },
    requestPayload: { until },
    responsePayload: { calls: 1 },
  });
});

test('an event that was running when everything stopped runs again', async () => {
  const [started, goOn] = [join(folder, 'started'), join(folder, 'go-on')];
  await send({ hang: goOn, touch: started });
  await there(started);
  await local.stop();
  writeFileSync(goOn, '');
  await start();
  expect(JSON.parse((await received()).Body!)).toMatchObject({
    requestContext: { condition: 'Success', approximateInvokeCount: 1 },
  });
});

test('a dead-letter queue gets the event itself, the error beside it', async () => {
  await send({ fail: true }, 'letters');
  const letter = await received();
  expect(JSON.parse(letter.Body!)).toEqual({ fail: true });
  expect(letter.MessageAttributes).toMatchObject({
    ErrorCode: { StringValue: '200' },
    ErrorMessage: { StringValue: 'no' },
  });
});
