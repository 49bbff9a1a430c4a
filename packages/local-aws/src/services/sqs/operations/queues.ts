import type {
  GetQueueAttributesRequest,
  GetQueueAttributesResult,
  GetQueueUrlRequest,
  GetQueueUrlResult,
  ListQueuesRequest,
  ListQueuesResult,
  PurgeQueueRequest,
} from '@aws-sdk/client-sqs';
import { checkAttributeNames, inRange } from '../checks.ts';
import type { SqsContext } from '../context.ts';
import type { Queue } from '../queue.ts';

/** ListQueues' greatest page. */
const MOST_QUEUES = 1000;

export function getQueueUrl({ world, queues }: SqsContext, input: GetQueueUrlRequest): GetQueueUrlResult {
  const ours = (input.QueueOwnerAWSAccountId ?? world.accountId) === world.accountId;
  return { QueueUrl: queues.url(queues.named(ours ? (input.QueueName ?? '') : '').name) };
}

export function getQueueAttributes(
  { queues }: SqsContext,
  input: GetQueueAttributesRequest,
): GetQueueAttributesResult {
  const all = attributesOf(queues.byUrl(input.QueueUrl));
  const asked: readonly string[] = input.AttributeNames ?? [];
  checkAttributeNames(asked, 'queue');
  const names = asked.includes('All') ? Object.keys(all) : asked;
  const Attributes = Object.fromEntries(
    names.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])),
  );
  return Object.keys(Attributes).length === 0 ? {} : { Attributes };
}

export function listQueues({ queues }: SqsContext, input: ListQueuesRequest): ListQueuesResult {
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
}

export function purgeQueue({ queues }: SqsContext, input: PurgeQueueRequest): void {
  queues.byUrl(input.QueueUrl).purge();
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

function seconds(milliseconds: number): string {
  return String(Math.floor(milliseconds / 1000));
}
