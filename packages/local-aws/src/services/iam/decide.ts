import type { Permission } from '../../operation-permissions.ts';
import type { World } from '../../service.ts';
import { type Decision, evaluate, type Statement } from './policy.ts';
import { findRole, type Role, withAttached } from './roles.ts';

/** What a role's own policies say to one action. */
export function decide(world: World, role: Role, { action, resource, context }: Permission): Decision {
  const statements: Statement[] = Object.values(withAttached(world, role).policies).flat();
  return evaluate(statements, {
    action,
    resource,
    context: {
      'aws:principalarn': role.arn,
      'aws:principalaccount': world.accountId,
      'aws:requestedregion': world.region,
      // A local port has no TLS; a policy that asks for it means AWS's.
      'aws:securetransport': 'true',
      ...context,
    },
  });
}

/**
 * Whether a role's policies allow an action; false where there is no such role. Services ask before they
 * create a resource that needs the permission.
 *
 * @param action for instance `sqs:SendMessage`
 * @param resource ARN, or `*` for an action without a resource
 */
export function roleMay(world: World, roleArn: string, action: string, resource: string): boolean {
  const role = findRole(world, roleArn);
  return role !== undefined && decide(world, role, { action, resource }) === 'allowed';
}
