import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListTopicsCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSns } from '../../src/services/sns/index.ts';
import { createSqs } from '../../src/services/sqs/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { provisioned } from '../../src/testing/provisioned.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:000000000000:notices';
const QUEUE = 'arn:aws:sqs:eu-central-1:000000000000:inbox';
const CLOSED = 'arn:aws:sqs:eu-central-1:000000000000:closed';

let state: string;
let local: LocalAws;
let sns: SNSClient;

async function start(): Promise<void> {
  local = await startLocal({
    state,
    services: [
      provisioned(createSqs, {
        Inbox: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'inbox' } },
        Closed: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'closed' } },
        Policy: {
          Type: 'AWS::SQS::QueuePolicy',
          Properties: {
            Queues: ['http://any/000000000000/inbox'],
            PolicyDocument: {
              Statement: [
                {
                  Effect: 'Allow',
                  Principal: { Service: 'sns.amazonaws.com' },
                  Action: 'sqs:SendMessage',
                  Resource: QUEUE,
                  Condition: { ArnEquals: { 'aws:SourceArn': TOPIC } },
                },
              ],
            },
          },
        },
      }),
      provisioned(createSns, { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'notices' } } }),
    ],
  });
  sns = local.client(SNSClient);
}
const published = async () => (await fetch(`${local.endpoint}/_local/sns/notices`)).json();

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'local-aws-sns-'));
  await start();
});
afterEach(async () => {
  await local.stop();
  rmSync(state, { recursive: true, force: true });
});

test('shows the published messages at its own path, also after a restart', async () => {
  const { MessageId } = await sns.send(
    new PublishCommand({ TopicArn: TOPIC, Subject: 'produce', Message: 'DEPLOYED é & <b>' }),
  );
  await local.stop();
  await start();
  expect(await published()).toMatchObject([
    { messageId: MessageId, subject: 'produce', message: 'DEPLOYED é & <b>' },
  ]);
  expect((await sns.send(new ListTopicsCommand({}))).Topics).toEqual([{ TopicArn: TOPIC }]);
});

test('delivers to a queue whose policy lets it, and to no other', async () => {
  for (const Endpoint of [CLOSED, QUEUE]) {
    await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'sqs', Endpoint }));
  }
  await sns.send(
    new PublishCommand({
      TopicArn: TOPIC,
      Message: 'news',
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' } },
    }),
  );
  const sqs = local.client(SQSClient);
  const receive = (name: string, WaitTimeSeconds: number) =>
    sqs.send(
      new ReceiveMessageCommand({ QueueUrl: `${local.endpoint}/000000000000/${name}`, WaitTimeSeconds }),
    );
  const { Messages } = await receive('inbox', 20);
  expect(JSON.parse(Messages![0]!.Body!)).toMatchObject({
    Type: 'Notification',
    TopicArn: TOPIC,
    Message: 'news',
    MessageAttributes: { kind: { Type: 'String', Value: 'x' } },
  });
  expect((await receive('closed', 0)).Messages).toBeUndefined();
});

test('a raw message keeps its attributes as the attributes of the message in the queue', async () => {
  const Attributes = { RawMessageDelivery: 'true' };
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'sqs', Endpoint: QUEUE, Attributes }));
  await sns.send(
    new PublishCommand({
      TopicArn: TOPIC,
      Message: 'raw',
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'x' },
        count: { DataType: 'Number', StringValue: '3' },
        bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
      },
    }),
  );
  const { Messages } = await local.client(SQSClient).send(
    new ReceiveMessageCommand({
      QueueUrl: `${local.endpoint}/000000000000/inbox`,
      WaitTimeSeconds: 20,
      MessageAttributeNames: ['All'],
    }),
  );
  expect(Messages).toMatchObject([
    {
      Body: 'raw',
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'x' },
        count: { DataType: 'Number', StringValue: '3' },
        bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) },
      },
    },
  ]);
});

test('subscribing again gives the same subscription, and not with other attributes', async () => {
  const subscribe = (RawMessageDelivery?: string) =>
    sns.send(
      new SubscribeCommand({
        TopicArn: TOPIC,
        Protocol: 'sqs',
        Endpoint: QUEUE,
        ...(RawMessageDelivery === undefined ? {} : { Attributes: { RawMessageDelivery } }),
      }),
    );
  const { SubscriptionArn } = await subscribe('true');
  expect((await subscribe('true')).SubscriptionArn).toBe(SubscriptionArn);
  expect((await subscribe()).SubscriptionArn).toBe(SubscriptionArn);
  await expect(subscribe('false')).rejects.toThrow(/already exists with different attributes/);
  await expect(subscribe('yes')).rejects.toThrow(/Must be true or false/);
});

test('refuses protocols that it cannot deliver to, and topics that are not there', async () => {
  await expect(
    sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'email', Endpoint: 'a@b.c' })),
  ).rejects.toThrow(/not to "email"/);
  await expect(sns.send(new PublishCommand({ TopicArn: `${TOPIC}x`, Message: 'm' }))).rejects.toMatchObject({
    name: 'NotFoundException',
  });
  const MessageAttributes = { kind: { DataType: 'Text', StringValue: 'x' } };
  await expect(
    sns.send(new PublishCommand({ TopicArn: TOPIC, Message: 'm', MessageAttributes })),
  ).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
  await expect(
    sns.send(new PublishCommand({ TopicArn: TOPIC, Message: 'x'.repeat(262_145) })),
  ).rejects.toMatchObject({ name: 'InvalidParameterException' });
});
