import type {
  ListSubscriptionsByTopicInput,
  ListSubscriptionsByTopicResponse,
  SubscribeInput,
  SubscribeResponse,
  UnsubscribeInput,
} from '@aws-sdk/client-sns';
import { ServiceError } from '../../../service.ts';
import type { SnsContext } from '../context.ts';

export function subscribe({ topics }: SnsContext, input: SubscribeInput): SubscribeResponse {
  const { RawMessageDelivery, ...others } = input.Attributes ?? {};
  if (Object.keys(others).length > 0) {
    throw new ServiceError(
      'InvalidParameter',
      `The local AWS does not emulate ${Object.keys(others).join(', ')}`,
    );
  }
  const { TopicArn = '', Protocol = '', Endpoint = '' } = input;
  const raw = rawDelivery(RawMessageDelivery);
  const known = topics.find(TopicArn, Protocol, Endpoint);
  if (known !== undefined && raw !== undefined && raw !== known.raw) {
    throw new ServiceError(
      'InvalidParameter',
      'Invalid parameter: Attributes Reason: Subscription already exists with different attributes',
    );
  }
  return {
    SubscriptionArn: (known ?? topics.subscribe(TopicArn, Protocol, Endpoint, raw ?? false)).arn,
  };
}

export function unsubscribe({ topics }: SnsContext, input: UnsubscribeInput): void {
  topics.unsubscribe(input.SubscriptionArn ?? '');
}

export function listSubscriptionsByTopic(
  { world, topics }: SnsContext,
  input: ListSubscriptionsByTopicInput,
): ListSubscriptionsByTopicResponse {
  const subscriptions = topics.subscriptions(topics.get(input.TopicArn).arn);
  return {
    Subscriptions: subscriptions.map(({ arn, topicArn, protocol, endpoint }) => ({
      SubscriptionArn: arn,
      TopicArn: topicArn,
      Protocol: protocol,
      Endpoint: endpoint,
      Owner: world.accountId,
    })),
  };
}

/** @returns undefined where the request says nothing about it */
function rawDelivery(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  throw new ServiceError(
    'InvalidParameter',
    `Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [${text}]. Must be true or false.`,
  );
}
