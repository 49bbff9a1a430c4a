import * as schemas from '@aws-sdk/client-sns';
import { type Service, ServiceError, type ServiceFactory } from '../../service.ts';
import { deliver } from './deliver.ts';
import { permissions } from './permissions.ts';
import { parsePublish } from './publish.ts';
import { snsResources } from './resources.ts';
import { type Subscription, Topics } from './topics.ts';

/** SNS: topics whose messages can be read back, and subscriptions of queues and functions. */
export const createSns: ServiceFactory = (world): Service => {
  const topics = new Topics(world);
  const shown = (one: Subscription): schemas.Subscription => ({
    SubscriptionArn: one.arn,
    TopicArn: one.topicArn,
    Protocol: one.protocol,
    Endpoint: one.endpoint,
    Owner: world.accountId,
  });

  return {
    signingName: 'sns',
    protocol: 'query',
    queryVersion: '2010-03-31',
    xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    validationCode: 'InvalidParameter',
    denialCode: 'AuthorizationError',
    permissions,
    schemas,
    operations: {
      Publish: (input: schemas.PublishInput): schemas.PublishResponse => {
        const topic = topics.get(input.TopicArn ?? input.TargetArn);
        const message = parsePublish(world, input);
        topics.remember(topic, message);
        world.log.info({ topic: topic.name, subject: message.subject, message: message.message }, 'notice');
        for (const subscription of topics.subscriptions(topic.arn)) {
          void deliver(world, topic, subscription, message);
        }
        return { MessageId: message.messageId };
      },
      ListTopics: (): schemas.ListTopicsResponse => ({
        Topics: topics.list().map(({ arn }) => ({ TopicArn: arn })),
      }),
      GetTopicAttributes: (input: schemas.GetTopicAttributesInput): schemas.GetTopicAttributesResponse => {
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
      },
      Subscribe: (input: schemas.SubscribeInput): schemas.SubscribeResponse => {
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
      },
      Unsubscribe: (input: schemas.UnsubscribeInput) => {
        topics.unsubscribe(input.SubscriptionArn ?? '');
      },
      ListSubscriptionsByTopic: (
        input: schemas.ListSubscriptionsByTopicInput,
      ): schemas.ListSubscriptionsByTopicResponse => ({
        Subscriptions: topics.subscriptions(topics.get(input.TopicArn).arn).map(shown),
      }),
    },
    resources: snsResources(topics),
    routes: {
      /** `/_local/sns/<topic>`: the messages that were published, oldest first, for people and tests. */
      '/_local/sns/': (_request, response, url) => {
        const name = decodeURIComponent(url.pathname.slice('/_local/sns/'.length));
        const topic = topics.list().find((one) => one.name === name);
        const body = topic?.messages.entries() ?? { message: `There is no topic "${name}".` };
        response.writeHead(topic === undefined ? 404 : 200, { 'content-type': 'application/json' });
        response.end(`${JSON.stringify(body, undefined, 2)}\n`);
      },
    },
  };
};

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
