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
  const attributes = input.MessageAttributes ?? {};
  for (const [name, attribute] of Object.entries(attributes)) checkAttribute(name, attribute);
  if (Buffer.byteLength(message) + sizeOf(attributes) > LARGEST) throw invalid('Message too long');
  if (input.Subject !== undefined && !/^[\x20-\x7e]{1,100}$/.test(input.Subject)) throw invalid('Subject');

  const structured = input.MessageStructure === 'json' ? parseStructure(message) : undefined;
  return {
    messageId: randomUUID(),
    timestamp: new Date(world.clock.now()).toISOString(),
    message: structured?.default ?? message,
    ...(input.Subject === undefined ? {} : { subject: input.Subject }),
    ...(structured === undefined ? {} : { structured }),
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
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

type Attributes = NonNullable<PublishInput['MessageAttributes']>;

/** Names and types of attributes (developer guide, "Amazon SNS message attributes"). */
function checkAttribute(
  name: string,
  { DataType: type = '', StringValue, BinaryValue }: Attributes[string],
): void {
  const kind = /^(String\.Array|String|Number|Binary)(\.|$)/.exec(type)?.[1];
  if (kind === undefined) {
    throw wrongAttribute(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  if (!/^(?!\.)(?!.*\.\.)(?!.*\.$)(?!(AWS|Amazon)\.)[\w.-]{1,256}$/i.test(name)) {
    throw wrongAttribute(`Invalid message attribute name: ${name}`);
  }
  const value = kind === 'Binary' ? BinaryValue : StringValue;
  if (value === undefined || value.length === 0) {
    throw wrongAttribute(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  }
  if (kind === 'Number' && Number.isNaN(Number(value))) {
    throw wrongAttribute(`Could not cast message attribute '${name}' value to number.`);
  }
}

/** Attributes count into a message's size. */
function sizeOf(attributes: Attributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { DataType = '', StringValue = '', BinaryValue = new Uint8Array() }]) =>
      sum +
      Buffer.byteLength(name) +
      DataType.length +
      Buffer.byteLength(StringValue) +
      Buffer.from(BinaryValue).length,
    0,
  );
}

const wrongAttribute = (message: string) => new ServiceError('ParameterValueInvalid', message);

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
