import type { Json } from '../json.ts';
import { toTaskError } from './failures.ts';
import type { Call } from './lambda.ts';
import { sdkMetadata } from './metadata.ts';

/** `arn:aws:states:::sns:publish`. A message that is not a string is sent as its JSON text. */
export async function publish(call: Call, argumentsOf: Record<string, Json>): Promise<Json> {
  const { Message: message } = argumentsOf;
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  try {
    const answer = (await call('sns', 'Publish', { ...argumentsOf, Message: text })) as Record<string, Json>;
    return { ...answer, ...sdkMetadata() } as Json;
  } catch (error) {
    throw toTaskError(error, 'SNS');
  }
}
