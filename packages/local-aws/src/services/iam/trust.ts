import type { World } from '../../service.ts';
import { conditionsHold } from './conditions.ts';
import { findRole, type Role } from './roles.ts';

/**
 * Whether a role lets an AWS service act as it.
 *
 * @param service for instance `sagemaker.amazonaws.com`
 * @param sourceArn what the service says it acts for (`aws:SourceArn`), where it says so
 */
export function trustsService(world: World, roleArn: string, service: string, sourceArn?: string): boolean {
  const context = {
    ...commonContext(world),
    'aws:sourceaccount': world.accountId,
    ...(sourceArn === undefined ? {} : { 'aws:sourcearn': sourceArn }),
  };
  return (findRole(world, roleArn)?.trusted ?? []).some(
    ({ services, conditions }) => services.includes(service) && conditionsHold(conditions, context),
  );
}

/**
 * Whether a role lets a principal of this account act as it.
 *
 * @param callerRoleArn undefined for the account itself
 */
export function trustsCaller(world: World, role: Role, callerRoleArn: string | undefined): boolean {
  const root = `arn:aws:iam::${world.accountId}:root`;
  const account = [world.accountId, root, '*'];
  const context = {
    ...commonContext(world),
    'aws:principalaccount': world.accountId,
    'aws:principalarn': callerRoleArn ?? root,
  };
  return role.trusted.some(
    ({ principals, conditions }) =>
      principals.some((principal) => account.includes(principal) || principal === callerRoleArn) &&
      conditionsHold(conditions, context),
  );
}

/** A local port has no TLS; a policy that asks for it means AWS's. */
const commonContext = ({ region }: World) => ({
  'aws:requestedregion': region,
  'aws:securetransport': 'true',
});
