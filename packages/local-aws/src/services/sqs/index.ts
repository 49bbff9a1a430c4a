import * as schemas from '@aws-sdk/client-sqs';
import { defineService } from '../../define-service.ts';
import type { SqsContext } from './context.ts';
import { getQueueAttributes, getQueueUrl, listQueues, purgeQueue } from './operations/queues.ts';
import { receiveMessage } from './operations/receive-message.ts';
import { changeMessageVisibility, deleteMessage } from './operations/received-messages.ts';
import { sendMessage } from './operations/send-message.ts';
import { permissions } from './permissions.ts';
import { Queues } from './queues.ts';
import { sqsResources } from './resources.ts';

/** SQS: the template's standard queues, kept on disk. */
export const createSqs = defineService<SqsContext>({
  signingName: 'sqs',
  protocol: 'json-1.0',
  schemas,
  targetPrefix: 'AmazonSQS',
  validationCode: 'MissingParameter',
  permissions,
  createContext: (world) => ({ world, queues: new Queues(world) }),
  operations: {
    ChangeMessageVisibility: changeMessageVisibility,
    DeleteMessage: deleteMessage,
    GetQueueAttributes: getQueueAttributes,
    GetQueueUrl: getQueueUrl,
    ListQueues: listQueues,
    PurgeQueue: purgeQueue,
    ReceiveMessage: receiveMessage,
    SendMessage: sendMessage,
  },
  resources: ({ queues }) => sqsResources(queues),
});
