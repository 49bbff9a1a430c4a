import { arnOf, type Permissions } from '../../operation-permissions.ts';

const RENAMED: Record<string, string> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
};

/** What SQS's operations need. */
export const permissions: Permissions = (operation, input, place) => {
  const name = String(input.QueueName ?? input.QueueUrl ?? '').replace(/^.*\//, '');
  return [
    {
      action: `sqs:${RENAMED[operation] ?? operation}`,
      resource: operation === 'ListQueues' ? '*' : arnOf('sqs', place, name),
    },
  ];
};
