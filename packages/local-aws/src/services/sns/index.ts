import * as schemas from '@aws-sdk/client-sns';
import { defineService } from '../../define-service.ts';
import type { SnsContext } from './context.ts';
import { publish } from './operations/publish.ts';
import { listSubscriptionsByTopic, subscribe, unsubscribe } from './operations/subscriptions.ts';
import { getTopicAttributes, listTopics } from './operations/topics.ts';
import { permissions } from './permissions.ts';
import { PUBLISHED_PREFIX, showPublished } from './published.ts';
import { snsResources } from './resources.ts';
import { Topics } from './topics.ts';

/** SNS: topics whose messages can be read back, and subscriptions of queues and functions. */
export const createSns = defineService<SnsContext>({
  signingName: 'sns',
  protocol: 'query',
  schemas,
  queryVersion: '2010-03-31',
  xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
  validationCode: 'InvalidParameter',
  denialCode: 'AuthorizationError',
  permissions,
  createContext: (world) => ({ world, topics: new Topics(world) }),
  operations: {
    GetTopicAttributes: getTopicAttributes,
    ListSubscriptionsByTopic: listSubscriptionsByTopic,
    ListTopics: listTopics,
    Publish: publish,
    Subscribe: subscribe,
    Unsubscribe: unsubscribe,
  },
  resources: ({ topics }) => snsResources(topics),
  routes: ({ topics }) => ({ [PUBLISHED_PREFIX]: showPublished(topics) }),
});
