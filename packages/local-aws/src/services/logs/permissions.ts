import { arnOf, type Permissions } from '../../operation-permissions.ts';

/**
 * What CloudWatch Logs' operations need. Their resource always names a stream, which is empty for an
 * operation on the group: `…:log-group:NAME:log-stream:`.
 */
export const permissions: Permissions = (operation, input, place) => {
  const name = String(input.logGroupName ?? input.logGroupIdentifier ?? input.logGroupNamePrefix ?? '');
  const group = name.startsWith('arn:')
    ? name.replace(/:\*$/, '')
    : arnOf('logs', place, `log-group:${name}`);
  return [{ action: `logs:${operation}`, resource: `${group}:log-stream:${input.logStreamName ?? ''}` }];
};
