import type { PublishInput, PublishResponse } from '@aws-sdk/client-sns';
import type { SnsContext } from '../context.ts';
import { deliver } from '../deliver.ts';
import { parsePublish } from '../parse-publish.ts';

export function publish({ world, topics }: SnsContext, input: PublishInput): PublishResponse {
  const topic = topics.get(input.TopicArn ?? input.TargetArn);
  const message = parsePublish(world, input);
  topics.remember(topic, message);
  world.log.info({ topic: topic.name, subject: message.subject, message: message.message }, 'notice');
  for (const subscription of topics.subscriptions(topic.arn)) {
    void deliver(world, topic, subscription, message);
  }
  return { MessageId: message.messageId };
}
