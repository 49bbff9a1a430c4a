import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import { type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServiceError, type ServiceFactory } from '../../src/service.ts';
import { createEvents } from '../../src/services/events/index.ts';
import { createSqs } from '../../src/services/sqs/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { provisioned, type Resources } from '../../src/testing/provisioned.ts';

const arn = (name: string) => `arn:aws:sqs:eu-central-1:000000000000:${name}`;
const queue = (QueueName: string) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName } });
const rule = (Name: string, source: string, target: Record<string, unknown>, more = {}) => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    Name,
    EventPattern: { source: [source] },
    Targets: [{ Id: 'one', DeadLetterConfig: { Arn: arn('dead') }, ...target }],
    ...more,
  },
});

const queues: Resources = {
  Inbox: queue('inbox'),
  Closed: queue('closed'),
  Dead: queue('dead'),
  Policy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: ['http://h/000000000000/inbox', 'http://h/000000000000/dead'],
      PolicyDocument: {
        Statement: ['inbox', 'dead'].map((name) => ({
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: arn(name),
          Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:events:eu-central-1:000000000000:rule/*' } },
        })),
      },
    },
  },
};
const rules: Resources = {
  Inbox: rule('inbox', 'mine', { Arn: arn('inbox'), RetryPolicy: { MaximumRetryAttempts: 2 } }),
  Closed: rule('closed', 'closed', { Arn: arn('closed') }),
  Off: rule('off', 'off', { Arn: arn('inbox') }, { State: 'DISABLED' }),
  Aws: rule('aws', 'aws.s3', { Arn: arn('inbox'), InputPath: '$.detail.key' }),
};

/** SQS whose inbox refuses as long as `down` says. */
let down = false;
const unreliableSqs: ServiceFactory = (world) => {
  const sqs = provisioned(createSqs, queues)(world);
  const send = sqs.operations.SendMessage!;
  return {
    ...sqs,
    operations: {
      ...sqs.operations,
      SendMessage(input, context) {
        if (down && input.QueueUrl.endsWith('/inbox')) {
          tried();
          throw new ServiceError('ServiceUnavailable', 'not now', 503);
        }
        return send(input, context);
      },
    },
  };
};
let tried = () => {};
const nextTry = () =>
  new Promise<void>((resolve) => {
    tried = resolve;
  });

let state: string;
let clock: ManualClock;
let local: LocalAws;
let events: EventBridgeClient;

async function start(): Promise<void> {
  local = await startLocal({ services: [unreliableSqs, provisioned(createEvents, rules)], clock, state });
  events = local.client(EventBridgeClient);
}
const put = (Source: string, Detail: unknown = { a: 1 }) =>
  events.send(
    new PutEventsCommand({ Entries: [{ Source, DetailType: 'Test', Detail: JSON.stringify(Detail) }] }),
  );
/** Waits for a message by long polling. */
async function receive(name: string): Promise<Message> {
  const { Messages } = await local.client(SQSClient).send(
    new ReceiveMessageCommand({
      QueueUrl: `${local.endpoint}/000000000000/${name}`,
      WaitTimeSeconds: 20,
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages![0]!;
}

beforeEach(async () => {
  down = false;
  state = mkdtempSync(join(tmpdir(), 'local-aws-events-'));
  clock = new ManualClock();
  await start();
});
afterEach(async () => {
  await local.stop();
  rmSync(state, { recursive: true, force: true });
});

test('brings an event to the target of a rule that matches', async () => {
  const { Entries } = await put('mine', { deep: { n: 1 } });
  expect(JSON.parse((await receive('inbox')).Body!)).toEqual({
    version: '0',
    id: Entries![0]!.EventId,
    'detail-type': 'Test',
    source: 'mine',
    account: '000000000000',
    time: '2026-11-23T00:00:00Z',
    region: 'eu-central-1',
    resources: [],
    detail: { deep: { n: 1 } },
  });
});

test('brings what other services publish, as the target wants it', async () => {
  local.world.publish({
    source: 'aws.s3',
    'detail-type': 'Object Created',
    resources: [],
    detail: { key: 'k' },
  });
  expect((await receive('inbox')).Body).toBe('"k"');
});

test('a target whose policy does not let events in is a dead letter that says so', async () => {
  await put('closed');
  const letter = await receive('dead');
  expect(JSON.parse(letter.Body!)).toMatchObject({ source: 'closed' });
  expect(letter.MessageAttributes).toMatchObject({
    ERROR_CODE: { StringValue: 'NO_PERMISSIONS' },
    RULE_ARN: { StringValue: 'arn:aws:events:eu-central-1:000000000000:rule/closed' },
    TARGET_ARN: { StringValue: arn('closed') },
    RETRY_ATTEMPTS: { StringValue: '0' },
  });
});

test('tries again after a failure, later each time, and then gives the event to the dead-letter queue', async () => {
  down = true;
  const first = nextTry();
  await put('mine');
  await first;
  for (const wait of [1000, 2000]) {
    while (clock.waiting === 0) await new Promise(setImmediate);
    const again = nextTry();
    clock.advance(wait);
    await again;
  }
  expect((await receive('dead')).MessageAttributes).toMatchObject({
    ERROR_CODE: { StringValue: 'ServiceUnavailable' },
    EXHAUSTED_RETRY_CONDITION: { StringValue: 'MaximumRetryAttempts' },
    RETRY_ATTEMPTS: { StringValue: '2' },
  });
});

test('an event that waits survives a restart', async () => {
  down = true;
  const first = nextTry();
  await put('mine', { kept: true });
  await first;
  while (clock.waiting === 0) await new Promise(setImmediate);
  await local.stop();
  down = false;
  await start();
  clock.advance(1000);
  expect(JSON.parse((await receive('inbox')).Body!).detail).toEqual({ kept: true });
});

test('PutEvents refuses entries one by one, and requests as a whole', async () => {
  const answer = await events.send(
    new PutEventsCommand({
      Entries: [
        { Source: 'off', DetailType: 'T', Detail: '{}' },
        { Source: 'mine', DetailType: 'T', Detail: '[]' },
        { Source: 'aws.s3', DetailType: 'T', Detail: '{}' },
        { DetailType: 'T', Detail: '{}' },
        { Source: 'mine', DetailType: 'T', Detail: '{}', EventBusName: 'other' },
      ],
    }),
  );
  expect(answer.FailedEntryCount).toBe(4);
  expect(answer.Entries?.map((entry) => entry.ErrorCode)).toEqual([
    undefined,
    'MalformedDetail',
    'NotAuthorizedForSourceException',
    'InvalidArgument',
    'InvalidArgument',
  ]);
  await expect(events.send(new PutEventsCommand({ Entries: [] }))).rejects.toMatchObject({
    name: 'ValidationException',
  });
});

test('shows rules and targets, and tests patterns', async () => {
  const { Rules } = await events.send(new ListRulesCommand({ NamePrefix: 'in' }));
  expect(Rules).toMatchObject([{ Name: 'inbox', State: 'ENABLED', EventPattern: '{"source":["mine"]}' }]);
  expect(await events.send(new DescribeRuleCommand({ Name: 'off' }))).toMatchObject({ State: 'DISABLED' });
  const { Targets } = await events.send(new ListTargetsByRuleCommand({ Rule: 'inbox' }));
  expect(Targets).toMatchObject([{ Id: 'one', Arn: arn('inbox'), RetryPolicy: { MaximumRetryAttempts: 2 } }]);
  await expect(events.send(new DescribeRuleCommand({ Name: 'none' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  const Event = JSON.stringify({
    id: '1',
    account: '1',
    source: 's',
    time: 't',
    region: 'r',
    resources: [],
    'detail-type': 'd',
  });
  const { Result } = await events.send(
    new TestEventPatternCommand({ EventPattern: '{"source":["s"]}', Event }),
  );
  expect(Result).toBe(true);
  await expect(
    events.send(new TestEventPatternCommand({ EventPattern: '{"source":"s"}', Event })),
  ).rejects.toMatchObject({ name: 'InvalidEventPatternException' });
});

test('a rule that cannot work is refused when the template is read', () => {
  const provide = (Properties: Record<string, unknown>) =>
    createEvents(local.world).resources!['AWS::Events::Rule']!.put('Wrong', Properties, {} as never);
  expect(() => provide({ ScheduleExpression: 'rate(1 minute)' })).toThrow(/ScheduleExpression/);
  expect(() => provide({ Name: 'a', EventPattern: { source: [{ like: 'x' }] } })).toThrow(/"Wrong".*"like"/);
  expect(() =>
    provide({ Name: 'a', EventPattern: { source: ['x'] }, Targets: [{ Id: 'x', Arn: 'arn:aws:ecs:x:y:z' }] }),
  ).toThrow(/Targets.0.Arn/);
});
