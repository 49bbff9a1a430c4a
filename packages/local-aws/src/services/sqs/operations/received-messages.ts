import type { ChangeMessageVisibilityRequest, DeleteMessageRequest } from '@aws-sdk/client-sqs';
import { ServiceError } from '../../../service.ts';
import { inRange } from '../checks.ts';
import type { SqsContext } from '../context.ts';
import type { Queue, StoredMessage } from '../queue.ts';

export function deleteMessage({ queues }: SqsContext, input: DeleteMessageRequest): void {
  const queue = queues.byUrl(input.QueueUrl);
  const message = received(queue, input.ReceiptHandle);
  if (message !== undefined) queue.delete(message.id);
}

export function changeMessageVisibility({ queues }: SqsContext, input: ChangeMessageVisibilityRequest): void {
  const queue = queues.byUrl(input.QueueUrl);
  const seconds = inRange('VisibilityTimeout', input.VisibilityTimeout ?? 0, 0, 43_200);
  const message = received(queue, input.ReceiptHandle);
  if (message !== undefined) queue.changeVisibility(message, seconds * 1000);
}

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
