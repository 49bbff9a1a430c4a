import type { World } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import type { InvocationResult } from './environment.ts';
import type { ResolvedFunction } from './functions.ts';

/** An event after its last attempt; it has no result where it became too old before it was tried. */
interface FinishedEvent {
  target: ResolvedFunction;
  event: { requestId: string; payload: string; attempts: number };
  condition: 'Success' | 'RetriesExhausted' | 'EventAgeExceeded';
  result: InvocationResult | undefined;
}

/** The invocation record that a destination receives (version 1.0 of the developer guide). */
function invocationRecord(
  world: World,
  { target, event, condition, result }: FinishedEvent,
): Record<string, unknown> {
  return {
    version: '1.0',
    timestamp: new Date(world.clock.now()).toISOString(),
    requestContext: {
      requestId: event.requestId,
      functionArn: `${target.definition.arn}:${target.qualifier}`,
      condition,
      approximateInvokeCount: event.attempts,
    },
    requestPayload: JSON.parse(event.payload),
    ...(result === undefined
      ? {}
      : {
          responseContext: {
            statusCode: 200,
            executedVersion: target.version,
            ...(result.functionError === undefined ? {} : { functionError: result.functionError }),
          },
          responsePayload: JSON.parse(Buffer.from(result.payload).toString('utf8')),
        }),
  };
}

/** Sends the record on with the function's role. What fails is logged and lost, as in AWS. */
export async function deliverToDestination(
  world: World,
  destination: string,
  finished: FinishedEvent,
): Promise<void> {
  const { target, condition } = finished;
  const outcome = condition === 'Success' ? 'Success' : 'Failure';
  const text = JSON.stringify(invocationRecord(world, finished));
  await send(world, target, destination, {
    text,
    lambda: () => ({ FunctionName: destination, InvocationType: 'Event', Payload: Buffer.from(text) }),
    events: () => ({
      Entries: [
        {
          Source: 'lambda',
          DetailType: `Lambda Function Invocation Result - ${outcome}`,
          Resources: [target.invokedArn],
          Detail: text,
        },
      ],
    }),
  });
}

/** The older dead-letter queue or topic: the event itself, the error as message attributes. */
export async function deliverDeadLetter(
  world: World,
  queueOrTopic: string,
  { target, event, result }: FinishedEvent,
): Promise<void> {
  const error = result === undefined ? {} : JSON.parse(Buffer.from(result.payload).toString('utf8'));
  const attribute = (DataType: string, StringValue: string) => ({ DataType, StringValue });
  await send(world, target, queueOrTopic, {
    text: event.payload,
    attributes: {
      RequestID: attribute('String', event.requestId),
      ErrorCode: attribute('Number', '200'),
      ErrorMessage: attribute('String', String(error?.errorMessage ?? 'unknown').slice(0, 1024)),
    },
  });
}

async function send(
  world: World,
  target: ResolvedFunction,
  arn: string,
  message: { text: string; attributes?: Record<string, unknown>; lambda?(): unknown; events?(): unknown },
): Promise<void> {
  const { text } = message;
  const caller = { roleArn: target.definition.properties.Role };
  const attributes = message.attributes === undefined ? {} : { MessageAttributes: message.attributes };
  const service = arn.split(':')[2];
  try {
    if (service === 'sqs') {
      const QueueUrl = `${world.endpoint}/${arn.split(':').slice(4).join('/')}`;
      await world.call('sqs', 'SendMessage', { QueueUrl, MessageBody: text, ...attributes }, caller);
    } else if (service === 'sns') {
      await world.call('sns', 'Publish', { TopicArn: arn, Message: text, ...attributes }, caller);
    } else if (service === 'lambda' && message.lambda !== undefined) {
      await world.call('lambda', 'Invoke', message.lambda(), caller);
    } else if (service === 'events' && message.events !== undefined) {
      await world.call('events', 'PutEvents', message.events(), caller);
    } else {
      throw new ServiceError(
        'InvalidParameterValueException',
        `"${arn}" cannot receive asynchronous results here`,
      );
    }
  } catch (error) {
    world.log.error(
      { err: error, destination: arn, function: target.definition.name },
      'a result of an asynchronous invocation was not delivered',
    );
  }
}
