import * as z from 'zod';
import type { ResourceType } from '../../service.ts';
import { parseProperties } from '../../template/properties.ts';
import { refuseTaken } from '../../template/taken.ts';
import type { QueueSettings } from './queue.ts';
import type { Queues } from './queues.ts';

const redrivePolicy = z.preprocess(
  (given) => (typeof given === 'string' ? JSON.parse(given) : given),
  z.strictObject({
    deadLetterTargetArn: z.string(),
    // Also where the policy is JSON text.
    maxReceiveCount: z.coerce.number().int().min(1).max(1000),
  }),
);

/** Ranges and defaults of the resource type; FIFO queues are refused. */
const queueProperties = z.strictObject({
  QueueName: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,80}$/)
    .optional(),
  DelaySeconds: z.number().int().min(0).max(900).default(0),
  MaximumMessageSize: z.number().int().min(1024).max(1_048_576).default(1_048_576),
  MessageRetentionPeriod: z.number().int().min(60).max(1_209_600).default(345_600),
  ReceiveMessageWaitTimeSeconds: z.number().int().min(0).max(20).default(0),
  VisibilityTimeout: z.number().int().min(0).max(43_200).default(30),
  RedrivePolicy: redrivePolicy.optional(),
  // Taken and shown, without effect: nothing here is encrypted or tagged.
  SqsManagedSseEnabled: z.boolean().default(true),
  KmsMasterKeyId: z.string().optional(),
  KmsDataKeyReusePeriodSeconds: z.number().optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

const queuePolicyProperties = z.strictObject({
  Queues: z.array(z.string()).min(1),
  PolicyDocument: z.record(z.string(), z.unknown()),
});

export function sqsResources(queues: Queues): Record<string, ResourceType> {
  return {
    'AWS::SQS::Queue': {
      createOnly: ['QueueName'],
      put(logicalId, given, stack) {
        const properties = parseProperties(queueProperties, given, `AWS::SQS::Queue "${logicalId}"`);
        const name = properties.QueueName ?? stack.physicalName(logicalId, 80);
        refuseTaken(stack, 'AWS::SQS::Queue', name, queues.has(name));
        const settings: QueueSettings = properties;
        const queue = queues.put(name, settings);
        const url = queues.url(name);
        return { ref: url, attributes: { Arn: queue.arn, QueueName: name, QueueUrl: url } };
      },
      remove: ({ physicalId }) => queues.delete(physicalId),
    },
    'AWS::SQS::QueuePolicy': {
      put(logicalId, given, stack) {
        const properties = parseProperties(
          queuePolicyProperties,
          given,
          `AWS::SQS::QueuePolicy "${logicalId}"`,
        );
        for (const url of properties.Queues) {
          queues.byUrl(url).policy = JSON.stringify(properties.PolicyDocument);
        }
        return { ref: stack.physicalName(logicalId) };
      },
      remove({ properties }) {
        for (const url of properties.Queues) {
          const queue = queues.find(url);
          if (queue !== undefined) queue.policy = undefined;
        }
      },
    },
  };
}
