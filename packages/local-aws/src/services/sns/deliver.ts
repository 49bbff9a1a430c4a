import type { World } from '../../service.ts';
import { policyAllows } from '../resource-policy.ts';
import type { PublishedMessage, Subscription, Topic } from './topics.ts';

/**
 * Delivers one message to one subscription, if the queue's or function's policy allows SNS. A failure is
 * logged. AWS's retries are not emulated: within one process no service is temporarily unreachable.
 */
export async function deliver(
  world: World,
  topic: Topic,
  subscription: Subscription,
  message: PublishedMessage,
): Promise<void> {
  const { endpoint, protocol } = subscription;
  try {
    const call = {
      principal: 'sns.amazonaws.com',
      action: protocol === 'sqs' ? 'sqs:SendMessage' : 'lambda:InvokeFunction',
      resource: endpoint,
      sourceArn: topic.arn,
      sourceAccount: world.accountId,
    };
    const text = textFor(message, protocol);
    if (protocol === 'sqs') {
      const QueueUrl = `${world.endpoint}/${endpoint.split(':').slice(4).join('/')}`;
      const { Attributes } = (await world.call('sqs', 'GetQueueAttributes', {
        QueueUrl,
        AttributeNames: ['Policy'],
      })) as { Attributes?: { Policy?: string } };
      if (!policyAllows(Attributes?.Policy, call))
        throw new Error(`the queue's policy does not let SNS send`);
      const sent = subscription.raw
        ? { MessageBody: text, MessageAttributes: rawAttributes(message) }
        : { MessageBody: JSON.stringify(notification(topic, subscription, message, text)) };
      await world.call('sqs', 'SendMessage', { QueueUrl, ...sent });
    } else {
      const { Policy } = (await world.call('lambda', 'GetPolicy', { FunctionName: endpoint })) as {
        Policy?: string;
      };
      if (!policyAllows(Policy, call)) throw new Error(`the function's policy does not let SNS invoke it`);
      const Payload = Buffer.from(JSON.stringify(lambdaEvent(topic, subscription, message, text)));
      await world.call('lambda', 'Invoke', { FunctionName: endpoint, InvocationType: 'Event', Payload });
    }
  } catch (error) {
    world.log.error({ err: error, topic: topic.name, endpoint }, 'a notification was not delivered');
  }
}

/** A raw message passes on its attributes. SQS refuses more than ten; the message is then lost. */
function rawAttributes({ attributes }: PublishedMessage) {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { Type, Value }]) => [
      name,
      Type.startsWith('Binary')
        ? { DataType: Type, BinaryValue: Buffer.from(Value, 'base64') }
        : { DataType: Type, StringValue: Value },
    ]),
  );
}

/** With `MessageStructure: json`, each protocol may have a text of its own. */
function textFor(message: PublishedMessage, protocol: string): string {
  const structured = message.structured;
  return structured === undefined ? message.message : (structured[protocol] ?? message.message);
}

function notification(topic: Topic, subscription: Subscription, message: PublishedMessage, text: string) {
  return {
    Type: 'Notification',
    MessageId: message.messageId,
    TopicArn: topic.arn,
    ...(message.subject === undefined ? {} : { Subject: message.subject }),
    Message: text,
    Timestamp: message.timestamp,
    SignatureVersion: '1',
    // Nothing here can sign for SNS.
    Signature: '',
    SigningCertURL: '',
    UnsubscribeURL: `?Action=Unsubscribe&SubscriptionArn=${subscription.arn}`,
    ...(Object.keys(message.attributes).length === 0 ? {} : { MessageAttributes: message.attributes }),
  };
}

function lambdaEvent(topic: Topic, subscription: Subscription, message: PublishedMessage, text: string) {
  const { SigningCertURL, UnsubscribeURL, ...rest } = notification(topic, subscription, message, text);
  return {
    Records: [
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn: subscription.arn,
        Sns: {
          ...rest,
          Subject: message.subject ?? null,
          SigningCertUrl: SigningCertURL,
          UnsubscribeUrl: UnsubscribeURL,
          MessageAttributes: message.attributes,
        },
      },
    ],
  };
}
