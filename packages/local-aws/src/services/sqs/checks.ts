import { MessageSystemAttributeName, QueueAttributeName, type SendMessageRequest } from '@aws-sdk/client-sqs';
import { ServiceError } from '../../service.ts';

const MOST_ATTRIBUTES = 10;
/** What has no place in XML 1.0. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

export const invalid = (message: string) => new ServiceError('InvalidParameterValue', message);

/** @throws ServiceError InvalidParameterValue */
export function inRange(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(
    `Value ${value} for parameter ${name} is invalid. Reason: Must be >= ${least} and <= ${most}, if provided.`,
  );
}

/** @throws ServiceError InvalidAttributeName for one that SQS does not know */
export function checkAttributeNames(names: readonly string[], kind: 'queue' | 'message'): void {
  const known: string[] = Object.values(QueueAttributeName);
  if (kind === 'message') known.push(...Object.values(MessageSystemAttributeName));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ServiceError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
}

/**
 * @param limit of the body and the attributes together, in bytes
 * @returns the body
 */
export function checkMessage(
  { MessageBody: body = '', MessageAttributes }: SendMessageRequest,
  limit: number,
) {
  if (body === '') {
    throw new ServiceError('MissingParameter', 'The request must contain the parameter MessageBody.');
  }
  if (FORBIDDEN.test(body)) {
    throw new ServiceError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    );
  }
  const attributes = Object.entries(MessageAttributes ?? {});
  if (attributes.length > MOST_ATTRIBUTES) {
    throw invalid(
      `Number of message attributes [${attributes.length}] exceeds the allowed maximum [${MOST_ATTRIBUTES}].`,
    );
  }
  let size = Buffer.byteLength(body);
  for (const [name, { DataType = '', StringValue, BinaryValue }] of attributes) {
    const kind = /^(String|Number|Binary)(\.|$)/.exec(DataType)?.[1];
    if (kind === undefined) {
      throw invalid(
        `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
      );
    }
    const value = kind === 'Binary' ? BinaryValue : StringValue;
    if (value === undefined || value.length === 0) {
      throw invalid(
        `The message (user) attribute '${name}' must contain a non-empty value of type '${kind}'.`,
      );
    }
    size += Buffer.byteLength(name) + DataType.length + Buffer.from(value as string).length;
  }
  if (size > limit) {
    throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`);
  }
  return body;
}
