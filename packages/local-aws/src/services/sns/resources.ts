import * as z from 'zod';
import type { ResourceType } from '../../service.ts';
import { parseProperties } from '../../template/properties.ts';
import { refuseTaken } from '../../template/taken.ts';
import type { Topics } from './topics.ts';

const topicProperties = z.strictObject({
  TopicName: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,256}$/)
    .optional(),
  DisplayName: z.string().max(100).default(''),
  Subscription: z.array(z.strictObject({ Protocol: z.string(), Endpoint: z.string() })).default([]),
  // Taken without effect: nothing here is encrypted, traced or tagged.
  KmsMasterKeyId: z.string().optional(),
  TracingConfig: z.string().optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

const subscriptionProperties = z.strictObject({
  TopicArn: z.string(),
  Protocol: z.string(),
  Endpoint: z.string(),
  RawMessageDelivery: z.boolean().default(false),
});

const topicPolicyProperties = z.strictObject({
  Topics: z.array(z.string()).min(1),
  PolicyDocument: z.record(z.string(), z.unknown()),
});

/** What a template may say about topics. */
export function snsResources(topics: Topics): Record<string, ResourceType> {
  return {
    'AWS::SNS::Topic': {
      createOnly: ['TopicName'],
      put(logicalId, given, stack) {
        const properties = parseProperties(topicProperties, given, `AWS::SNS::Topic "${logicalId}"`);
        const name = properties.TopicName ?? stack.physicalName(logicalId, 256);
        const arn = topics.arn(name);
        refuseTaken(stack, 'AWS::SNS::Topic', arn, topics.has(arn));
        topics.put(name, properties.DisplayName);
        for (const { Protocol, Endpoint } of properties.Subscription) {
          topics.subscribe(arn, Protocol, Endpoint, false);
        }
        return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
      },
      remove: ({ physicalId }) => topics.delete(physicalId),
    },
    'AWS::SNS::Subscription': {
      createOnly: ['TopicArn', 'Protocol', 'Endpoint'],
      put(logicalId, given) {
        const properties = parseProperties(
          subscriptionProperties,
          given,
          `AWS::SNS::Subscription "${logicalId}"`,
        );
        const { TopicArn, Protocol, Endpoint, RawMessageDelivery } = properties;
        return { ref: topics.subscribe(TopicArn, Protocol, Endpoint, RawMessageDelivery).arn };
      },
      remove: ({ physicalId }) => topics.unsubscribe(physicalId),
    },
    'AWS::SNS::TopicPolicy': {
      put(logicalId, given, stack) {
        const properties = parseProperties(
          topicPolicyProperties,
          given,
          `AWS::SNS::TopicPolicy "${logicalId}"`,
        );
        for (const arn of properties.Topics)
          topics.get(arn).policy = JSON.stringify(properties.PolicyDocument);
        return { ref: stack.physicalName(logicalId) };
      },
      remove({ properties }) {
        for (const arn of properties.Topics) if (topics.has(arn)) delete topics.get(arn).policy;
      },
    },
  };
}
