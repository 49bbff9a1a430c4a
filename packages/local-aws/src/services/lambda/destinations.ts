import type { World } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import type { InvocationResult } from './environment.ts';
import type { ResolvedFunction } from './functions.ts';

interface FinishedEvent {
  requestId: string;
  payload: string;
  attempts: number;
}

/** The invocation record that a destination receives (version 1.0 of the developer guide). */
export function invocationRecord(
  world: World,
  target: ResolvedFunction,
  event: FinishedEvent,
  condition: 'Success' | 'RetriesExhausted' | 'EventAgeExceeded',
  result: InvocationResult | undefined,
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
  target: ResolvedFunction,
  destination: string,
  record: Record<string, unknown>,
  outcome: 'Success' | 'Failure',
): Promise<void> {
  const text = JSON.stringify(record);
  await send(world, target, destination, text, {
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
  target: ResolvedFunction,
  queueOrTopic: string,
  event: FinishedEvent,
  result: InvocationResult | undefined,
): Promise<void> {
  const error = result === undefined ? {} : JSON.parse(Buffer.from(result.payload).toString('utf8'));
  const attribute = (DataType: string, StringValue: string) => ({ DataType, StringValue });
  await send(world, target, queueOrTopic, event.payload, {
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
  text: string,
  more: { attributes?: Record<string, unknown>; lambda?(): unknown; events?(): unknown },
): Promise<void> {
  const caller = { roleArn: target.definition.properties.Role };
  const attributes = more.attributes === undefined ? {} : { MessageAttributes: more.attributes };
  const service = arn.split(':')[2];
  try {
    if (service === 'sqs') {
      const QueueUrl = `${world.endpoint}/${arn.split(':').slice(4).join('/')}`;
      await world.call('sqs', 'SendMessage', { QueueUrl, MessageBody: text, ...attributes }, caller);
    } else if (service === 'sns') {
      await world.call('sns', 'Publish', { TopicArn: arn, Message: text, ...attributes }, caller);
    } else if (service === 'lambda' && more.lambda !== undefined) {
      await world.call('lambda', 'Invoke', more.lambda(), caller);
    } else if (service === 'events' && more.events !== undefined) {
      await world.call('events', 'PutEvents', more.events(), caller);
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
