import * as schemas from '@aws-sdk/client-sqs';
import { type RequestContext, type Service, ServiceError, type ServiceFactory } from '../../service.ts';
import { checkAttributeNames, checkMessage, inRange, invalid } from './checks.ts';
import { permissions } from './permissions.ts';
import { fromStored, md5, md5OfAttributes, type Queue, type StoredMessage, toStored } from './queue.ts';
import { Queues } from './queues.ts';
import { sqsResources } from './resources.ts';

/** ListQueues' greatest page. */
const MOST_QUEUES = 1000;

/** SQS: the template's standard queues, kept on disk. */
export const createSqs: ServiceFactory = (world): Service => {
  const queues = new Queues(world);

  async function receive(
    input: schemas.ReceiveMessageRequest,
    context: RequestContext,
  ): Promise<schemas.ReceiveMessageResult> {
    const queue = queues.byUrl(input.QueueUrl);
    checkAttributeNames(
      [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])],
      'message',
    );
    const most = inRange('MaxNumberOfMessages', input.MaxNumberOfMessages ?? 1, 1, 10);
    const waitSeconds = input.WaitTimeSeconds ?? queue.settings.ReceiveMessageWaitTimeSeconds;
    const visibility = input.VisibilityTimeout ?? queue.settings.VisibilityTimeout;
    inRange('VisibilityTimeout', visibility, 0, 43_200);
    const deadline = world.clock.now() + inRange('WaitTimeSeconds', waitSeconds, 0, 20) * 1000;
    for (;;) {
      const messages = queue.receive(most, visibility * 1000, (message) => toDeadLetters(queue, message));
      const over = world.clock.now() >= deadline || context.signal?.aborted === true;
      if (messages.length > 0) return { Messages: messages.map((message) => shown(message, input)) };
      if (over) return {};
      await queue.wait(deadline, context.signal);
    }
  }

  function toDeadLetters(queue: Queue, message: StoredMessage): boolean {
    const target = queue.settings.RedrivePolicy?.deadLetterTargetArn;
    const deadLetters = queues.list().find((one) => one.arn === target);
    deadLetters?.take(message, queue.arn);
    return deadLetters !== undefined;
  }

  return {
    signingName: 'sqs',
    protocol: 'json-1.0',
    targetPrefix: 'AmazonSQS',
    validationCode: 'MissingParameter',
    permissions,
    schemas,
    operations: {
      SendMessage: (input: schemas.SendMessageRequest): schemas.SendMessageResult => {
        const queue = queues.byUrl(input.QueueUrl);
        if (input.MessageGroupId !== undefined || input.MessageDeduplicationId !== undefined) {
          throw invalid(
            'MessageGroupId and MessageDeduplicationId belong to FIFO queues, which are not emulated',
          );
        }
        const body = checkMessage(input, queue.settings.MaximumMessageSize);
        const attributes = toStored(input.MessageAttributes ?? {});
        const delay = input.DelaySeconds;
        if (delay !== undefined) inRange('DelaySeconds', delay, 0, 900);
        const system = toStored(input.MessageSystemAttributes ?? {});
        const traceHeader = system.AWSTraceHeader?.StringValue;
        const message = queue.send(
          { body, attributes, ...(traceHeader === undefined ? {} : { traceHeader }) },
          delay,
        );
        return {
          MessageId: message.id,
          MD5OfMessageBody: md5(body),
          ...(Object.keys(attributes).length === 0
            ? {}
            : { MD5OfMessageAttributes: md5OfAttributes(attributes) }),
          ...(traceHeader === undefined ? {} : { MD5OfMessageSystemAttributes: md5OfAttributes(system) }),
        };
      },
      ReceiveMessage: receive,
      DeleteMessage: (input: schemas.DeleteMessageRequest) => {
        const message = received(queues.byUrl(input.QueueUrl), input.ReceiptHandle);
        if (message !== undefined) queues.byUrl(input.QueueUrl).delete(message.id);
      },
      ChangeMessageVisibility: (input: schemas.ChangeMessageVisibilityRequest) => {
        const queue = queues.byUrl(input.QueueUrl);
        const seconds = inRange('VisibilityTimeout', input.VisibilityTimeout ?? 0, 0, 43_200);
        const message = received(queue, input.ReceiptHandle);
        if (message !== undefined) queue.changeVisibility(message, seconds * 1000);
      },
      GetQueueUrl: (input: schemas.GetQueueUrlRequest): schemas.GetQueueUrlResult => {
        const ours = (input.QueueOwnerAWSAccountId ?? world.accountId) === world.accountId;
        return { QueueUrl: queues.url(queues.named(ours ? (input.QueueName ?? '') : '').name) };
      },
      GetQueueAttributes: (input: schemas.GetQueueAttributesRequest): schemas.GetQueueAttributesResult => {
        const all = attributesOf(queues.byUrl(input.QueueUrl));
        const asked: readonly string[] = input.AttributeNames ?? [];
        checkAttributeNames(asked, 'queue');
        const names = asked.includes('All') ? Object.keys(all) : asked;
        const Attributes = Object.fromEntries(
          names.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])),
        );
        return Object.keys(Attributes).length === 0 ? {} : { Attributes };
      },
      ListQueues: (input: schemas.ListQueuesRequest): schemas.ListQueuesResult => {
        const { QueueNamePrefix, MaxResults, NextToken } = input;
        // Pages only where a page's size is asked for; otherwise the first thousand.
        const size = inRange('MaxResults', MaxResults ?? MOST_QUEUES, 1, MOST_QUEUES);
        const after = NextToken === undefined ? '' : Buffer.from(NextToken, 'base64').toString();
        const rest = queues.list(QueueNamePrefix).filter(({ name }) => name > after);
        const page = rest.slice(0, size);
        const more = MaxResults !== undefined && rest.length > size;
        return {
          ...(page.length === 0 ? {} : { QueueUrls: page.map(({ name }) => queues.url(name)) }),
          ...(more ? { NextToken: Buffer.from(page.at(-1)?.name ?? '').toString('base64') } : {}),
        };
      },
      PurgeQueue: (input: schemas.PurgeQueueRequest) => {
        queues.byUrl(input.QueueUrl).purge();
      },
    },
    resources: sqsResources(queues),
  };
};

const seconds = (milliseconds: number) => String(Math.floor(milliseconds / 1000));

/** Undefined when the message is gone already, which is no error. */
function received(queue: Queue, handle: string | undefined): StoredMessage | undefined {
  if (handle === undefined || !/^[0-9a-f-]{36}\.[0-9a-f-]{36}$/.test(handle)) {
    throw new ServiceError(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${handle}" is not a valid receipt handle.`,
    );
  }
  return queue.byReceipt(handle);
}

function shown(message: StoredMessage, input: schemas.ReceiveMessageRequest): schemas.Message {
  const system: Record<string, string | undefined> = {
    SenderId: '000000000000',
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    DeadLetterQueueSourceArn: message.sourceArn,
    AWSTraceHeader: message.traceHeader,
  };
  const asked: readonly string[] = [
    ...(input.AttributeNames ?? []),
    ...(input.MessageSystemAttributeNames ?? []),
  ];
  const Attributes = Object.fromEntries(
    Object.entries(system).filter(
      ([name, value]) => value !== undefined && (asked.includes('All') || asked.includes(name)),
    ),
  ) as NonNullable<schemas.Message['Attributes']>;
  const wanted = input.MessageAttributeNames ?? [];
  const attributes = Object.fromEntries(
    Object.entries(message.attributes).filter(([name]) => wanted.some((one) => isWanted(one, name))),
  );
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(Object.keys(Attributes).length === 0 ? {} : { Attributes }),
    ...(Object.keys(attributes).length === 0
      ? {}
      : { MessageAttributes: fromStored(attributes), MD5OfMessageAttributes: md5OfAttributes(attributes) }),
  };
}

function isWanted(pattern: string, name: string): boolean {
  if (pattern === 'All' || pattern === '.*') return true;
  return pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function attributesOf(queue: Queue): Record<string, string | undefined> {
  const { settings } = queue;
  const { visible, hidden, delayed } = queue.counts();
  return {
    QueueArn: queue.arn,
    CreatedTimestamp: seconds(queue.times.created),
    LastModifiedTimestamp: seconds(queue.times.modified),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(hidden),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    DelaySeconds: String(settings.DelaySeconds),
    MaximumMessageSize: String(settings.MaximumMessageSize),
    MessageRetentionPeriod: String(settings.MessageRetentionPeriod),
    ReceiveMessageWaitTimeSeconds: String(settings.ReceiveMessageWaitTimeSeconds),
    VisibilityTimeout: String(settings.VisibilityTimeout),
    SqsManagedSseEnabled: String(settings.SqsManagedSseEnabled),
    RedrivePolicy: settings.RedrivePolicy === undefined ? undefined : JSON.stringify(settings.RedrivePolicy),
    Policy: queue.policy,
  };
}
