import { arnOf, type Permissions } from '../../operation-permissions.ts';

/** What SNS's operations need. */
export const permissions: Permissions = (operation, input, place) => [
  {
    action: `sns:${operation === 'PublishBatch' ? 'Publish' : operation}`,
    resource:
      input.TopicArn ??
      input.TargetArn ??
      input.ResourceArn ??
      (input.Name === undefined ? '*' : arnOf('sns', place, input.Name)),
  },
];
