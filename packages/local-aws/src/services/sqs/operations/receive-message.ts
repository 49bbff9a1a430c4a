import type { Message, ReceiveMessageRequest, ReceiveMessageResult } from '@aws-sdk/client-sqs';
import type { RequestContext } from '../../../service.ts';
import { checkAttributeNames, inRange } from '../checks.ts';
import type { SqsContext } from '../context.ts';
import { fromStored, md5, md5OfAttributes, type Queue, type StoredMessage } from '../queue.ts';

/** Waits for messages as long as it is asked to, and as long as the client does. */
export async function receiveMessage(
  { world, queues }: SqsContext,
  input: ReceiveMessageRequest,
  request: RequestContext,
): Promise<ReceiveMessageResult> {
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
    const messages = queue.receive(most, visibility * 1000, (message) =>
      toDeadLetters(queues, queue, message),
    );
    const over = world.clock.now() >= deadline || request.signal?.aborted === true;
    if (messages.length > 0) return { Messages: messages.map((message) => shown(message, input)) };
    if (over) return {};
    await queue.wait(deadline, request.signal);
  }
}

/** @returns whether there is a dead-letter queue */
function toDeadLetters(queues: SqsContext['queues'], queue: Queue, message: StoredMessage): boolean {
  const target = queue.settings.RedrivePolicy?.deadLetterTargetArn;
  const deadLetters = queues.list().find((one) => one.arn === target);
  deadLetters?.take(message, queue.arn);
  return deadLetters !== undefined;
}

function shown(message: StoredMessage, input: ReceiveMessageRequest): Message {
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
  ) as NonNullable<Message['Attributes']>;
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
