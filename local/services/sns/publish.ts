import { randomUUID } from 'node:crypto';
import type { PublishInput } from '@aws-sdk/client-sns';
import { ServiceError, type World } from '../../service.ts';
import type { PublishedMessage } from './topics.ts';

/** SNS's limit of a message, in bytes. */
const LARGEST = 256 * 1024;

/** @throws ServiceError for what SNS refuses, and for what is not emulated (SMS, mobile push, FIFO) */
export function parsePublish(world: World, input: PublishInput): PublishedMessage {
  if (input.PhoneNumber !== undefined) throw invalid('PhoneNumber Reason: SMS is not emulated');
  if (input.MessageGroupId !== undefined || input.MessageDeduplicationId !== undefined) {
    throw invalid('MessageGroupId Reason: FIFO topics are not emulated');
  }
  const message = input.Message ?? '';
  if (message === '') throw invalid('Empty message');
  if (Buffer.byteLength(message) > LARGEST) throw invalid('Message too long');
  if (input.Subject !== undefined && !/^[\x20-\x7e]{1,100}$/.test(input.Subject)) throw invalid('Subject');

  const structured = input.MessageStructure === 'json' ? parseStructure(message) : undefined;
  return {
    messageId: randomUUID(),
    timestamp: new Date(world.clock.now()).toISOString(),
    message: structured?.default ?? message,
    ...(input.Subject === undefined ? {} : { subject: input.Subject }),
    ...(structured === undefined ? {} : { structured }),
    attributes: Object.fromEntries(
      Object.entries(input.MessageAttributes ?? {}).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        {
          Type: DataType ?? 'String',
          Value:
            BinaryValue === undefined ? (StringValue ?? '') : Buffer.from(BinaryValue).toString('base64'),
        },
      ]),
    ),
  };
}

function parseStructure(message: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  const texts = value as Record<string, string>;
  if (typeof texts?.default !== 'string')
    throw invalid('Message Structure - No default entry in JSON message body');
  return texts;
}

const invalid = (reason: string) => new ServiceError('InvalidParameter', `Invalid parameter: ${reason}`);
