import type { Permissions } from '../../operation-permissions.ts';

/** What STS's operations need: everyone may ask who they are. */
export const permissions: Permissions = (operation, { RoleArn }) =>
  operation === 'GetCallerIdentity' ? [] : [{ action: `sts:${operation}`, resource: RoleArn }];
