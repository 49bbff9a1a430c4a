import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSqs } from '../../src/services/sqs/index.ts';
import { md5OfAttributes } from '../../src/services/sqs/queue.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { provisioned } from '../../src/testing/provisioned.ts';

const DEAD = 'arn:aws:sqs:eu-central-1:000000000000:dead';
const template = provisioned(createSqs, {
  Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
  Jobs: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: 'jobs',
      MessageRetentionPeriod: 3600,
      RedrivePolicy: { deadLetterTargetArn: DEAD, maxReceiveCount: 2 },
    },
  },
});

let state: string;
let clock: ManualClock;
let local: LocalAws;
let sqs: SQSClient;
let QueueUrl: string;

async function start(): Promise<void> {
  local = await startLocal({ services: [template], clock, state });
  sqs = local.client(SQSClient);
  QueueUrl = `${local.endpoint}/000000000000/jobs`;
}
const send = (MessageBody: string, more = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
const receive = async (more = {}) =>
  (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }))).Messages ?? [];

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'local-aws-sqs-'));
  clock = new ManualClock();
  await start();
});
afterEach(async () => {
  await local.stop();
  rmSync(state, { recursive: true, force: true });
});

test('a message is hidden once received, comes back, and goes when deleted', async () => {
  await send('hello', { MessageAttributes: { kind: { DataType: 'String', StringValue: 'greeting' } } });
  const [first] = await receive({ MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] });
  expect(first).toMatchObject({
    Body: 'hello',
    MessageAttributes: { kind: { StringValue: 'greeting' } },
    Attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(clock.now()) },
  });
  expect(await receive()).toEqual([]);
  clock.advance(30_000);
  const [again] = await receive();
  expect(again?.MessageId).toBe(first?.MessageId);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first!.ReceiptHandle }));
  clock.advance(30_000);
  expect(await receive()).toEqual([]);
});

test('long polling answers as soon as there is a message, and empty at its end', async () => {
  const waiting = receive({ WaitTimeSeconds: 20 });
  await send('now');
  expect((await waiting).map((message) => message.Body)).toEqual(['now']);

  const late = receive({ WaitTimeSeconds: 5 });
  while (clock.waiting === 0) await new Promise(setImmediate);
  clock.advance(5000);
  expect(await late).toEqual([]);
});

test('a delayed message arrives when its delay is over, also to who waits', async () => {
  await send('later', { DelaySeconds: 3 });
  const waiting = receive({ WaitTimeSeconds: 20 });
  while (clock.waiting === 0) await new Promise(setImmediate);
  clock.advance(3000);
  expect((await waiting).map((message) => message.Body)).toEqual(['later']);
});

test('what is received too often goes to the dead-letter queue', async () => {
  await send('poison');
  for (let turn = 0; turn < 2; turn++) {
    expect(await receive({ VisibilityTimeout: 1 })).toHaveLength(1);
    clock.advance(1000);
  }
  expect(await receive()).toEqual([]);
  const dead = await receive({
    QueueUrl: `${local.endpoint}/000000000000/dead`,
    MessageSystemAttributeNames: ['DeadLetterQueueSourceArn'],
  });
  expect(dead).toMatchObject([
    { Body: 'poison', Attributes: { DeadLetterQueueSourceArn: DEAD.replace('dead', 'jobs') } },
  ]);
});

test('messages outlive a restart, and not their retention', async () => {
  await send('kept');
  await local.stop();
  await start();
  expect(await receive({ VisibilityTimeout: 0 })).toHaveLength(1);
  clock.advance(3601_000);
  expect(await receive()).toEqual([]);
});

test('shows queues, counts and urls; purges', async () => {
  await send('one');
  await send('two');
  const [message] = await receive({ MaxNumberOfMessages: 1 });
  await sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl,
      ReceiptHandle: message!.ReceiptHandle,
      VisibilityTimeout: 60,
    }),
  );
  clock.advance(31_000);
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  expect(Attributes).toMatchObject({
    ApproximateNumberOfMessages: '1',
    ApproximateNumberOfMessagesNotVisible: '1',
    QueueArn: DEAD.replace('dead', 'jobs'),
    VisibilityTimeout: '30',
  });
  expect((await sqs.send(new GetQueueUrlCommand({ QueueName: 'jobs' }))).QueueUrl).toBe(QueueUrl);
  expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).toHaveLength(2);
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  await expect(sqs.send(new PurgeQueueCommand({ QueueUrl }))).rejects.toMatchObject({
    name: 'PurgeQueueInProgress',
    $metadata: { httpStatusCode: 403 },
  });
  clock.advance(60_000);
  expect(await receive()).toEqual([]);
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
});

test('lists queues in pages where a size is asked for', async () => {
  const all = new ListQueuesCommand({});
  const first = await sqs.send(new ListQueuesCommand({ MaxResults: 1 }));
  const second = await sqs.send(new ListQueuesCommand({ MaxResults: 1, NextToken: first.NextToken }));

  expect((await sqs.send(all)).NextToken).toBeUndefined();
  expect([first.QueueUrls, second.QueueUrls]).toEqual([
    [`${local.endpoint}/000000000000/dead`],
    [`${local.endpoint}/000000000000/jobs`],
  ]);
  expect(second.NextToken).toBeUndefined();
  await expect(sqs.send(new ListQueuesCommand({ MaxResults: 1001 }))).rejects.toMatchObject({
    name: 'InvalidParameterValue',
  });
});

test('knows when a queue was made and changed, over a restart', async () => {
  const made = String(Math.floor(clock.now() / 1000));
  const times = async () => {
    const AttributeNames = ['CreatedTimestamp' as const, 'LastModifiedTimestamp' as const];
    return (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))).Attributes;
  };
  expect(await times()).toEqual({ CreatedTimestamp: made, LastModifiedTimestamp: made });
  await local.stop();
  clock.advance(60_000);
  await start();
  expect(await times()).toEqual({ CreatedTimestamp: made, LastModifiedTimestamp: made });
});

test('a dead letter keeps its id and the time at which it was sent', async () => {
  const sent = clock.now();
  const { MessageId } = await send('poison', {
    MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-2-3' } },
  });
  for (let turn = 0; turn < 2; turn++) {
    await receive({ VisibilityTimeout: 1 });
    clock.advance(1000);
  }
  await receive();
  const [dead] = await receive({
    QueueUrl: `${local.endpoint}/000000000000/dead`,
    MessageSystemAttributeNames: ['All'],
  });
  expect(dead).toMatchObject({
    MessageId,
    Attributes: { SentTimestamp: String(sent), AWSTraceHeader: 'Root=1-2-3', ApproximateReceiveCount: '1' },
  });
});

test('refuses what SQS refuses', async () => {
  await expect(
    sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['Size' as 'All'] })),
  ).rejects.toMatchObject({ name: 'InvalidAttributeName' });
  await expect(send('\u0000')).rejects.toMatchObject({ name: 'InvalidMessageContents' });
  await expect(
    send('x', { MessageAttributes: { a: { DataType: 'Text', StringValue: 'x' } } }),
  ).rejects.toThrow(/supported type prefixes/);
  await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'none' }))).rejects.toMatchObject({
    name: 'QueueDoesNotExist',
  });
  await expect(receive({ MaxNumberOfMessages: 11 })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  await expect(send('x'.repeat(1_048_577))).rejects.toThrow(/shorter than 1048576 bytes/);
  await expect(
    sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'made up' })),
  ).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
});

test('digests message attributes as SQS does', () => {
  // Independent value: moto's test suite expects the same for this attribute.
  expect(md5OfAttributes({ timestamp: { DataType: 'Number', StringValue: '1493147359900' } })).toBe(
    '235c5c510d26fb653d073faed50ae77c',
  );
});
