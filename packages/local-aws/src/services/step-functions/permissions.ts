import type { Permissions } from '../../operation-permissions.ts';

/**
 * What Step Functions' operations need. A task token does not tell its state machine, so only the action
 * counts.
 */
export const permissions: Permissions = (operation, input) => [
  {
    action: `states:${operation}`,
    resource: operation.startsWith('SendTask')
      ? undefined
      : (input.executionArn ?? input.stateMachineArn ?? input.resourceArn ?? input.mapRunArn ?? '*'),
  },
];
