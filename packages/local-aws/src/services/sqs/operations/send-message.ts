import type { SendMessageRequest, SendMessageResult } from '@aws-sdk/client-sqs';
import { checkMessage, inRange, invalid } from '../checks.ts';
import type { SqsContext } from '../context.ts';
import { md5, md5OfAttributes, toStored } from '../queue.ts';

export function sendMessage({ queues }: SqsContext, input: SendMessageRequest): SendMessageResult {
  const queue = queues.byUrl(input.QueueUrl);
  if (input.MessageGroupId !== undefined || input.MessageDeduplicationId !== undefined) {
    throw invalid('MessageGroupId and MessageDeduplicationId belong to FIFO queues, which are not emulated');
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
    ...(Object.keys(attributes).length === 0 ? {} : { MD5OfMessageAttributes: md5OfAttributes(attributes) }),
    ...(traceHeader === undefined ? {} : { MD5OfMessageSystemAttributes: md5OfAttributes(system) }),
  };
}
