import { arnOf, type Permissions } from '../../operation-permissions.ts';

/** What CloudFormation's operations need. */
export const permissions: Permissions = (operation, input, place) => {
  const stack = String(input.StackName ?? '*');
  const arn = stack.startsWith('arn:') ? stack : arnOf('cloudformation', place, `stack/${stack}/*`);
  return [{ action: `cloudformation:${operation}`, resource: operation === 'ListStacks' ? '*' : arn }];
};
