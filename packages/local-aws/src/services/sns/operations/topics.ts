import type {
  GetTopicAttributesInput,
  GetTopicAttributesResponse,
  ListTopicsResponse,
} from '@aws-sdk/client-sns';
import type { SnsContext } from '../context.ts';

export function listTopics({ topics }: SnsContext): ListTopicsResponse {
  return { Topics: topics.list().map(({ arn }) => ({ TopicArn: arn })) };
}

export function getTopicAttributes(
  { world, topics }: SnsContext,
  input: GetTopicAttributesInput,
): GetTopicAttributesResponse {
  const topic = topics.get(input.TopicArn);
  return {
    Attributes: {
      TopicArn: topic.arn,
      Owner: world.accountId,
      DisplayName: topic.displayName,
      SubscriptionsConfirmed: String(topics.subscriptions(topic.arn).length),
      SubscriptionsPending: '0',
      ...(topic.policy === undefined ? {} : { Policy: topic.policy }),
    },
  };
}
