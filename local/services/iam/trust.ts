import type { World } from '../../service.ts';
import { findRole, type Role } from './roles.ts';

/**
 * Whether a role lets an AWS service act as it.
 *
 * @param service for instance `sagemaker.amazonaws.com`
 */
export function trustsService(world: World, roleArn: string, service: string): boolean {
  return findRole(world, roleArn)?.trusted.services.includes(service) ?? false;
}

/**
 * Whether a role lets a principal of this account act as it.
 *
 * @param callerRoleArn undefined for the account itself
 */
export function trustsCaller(world: World, role: Role, callerRoleArn: string | undefined): boolean {
  const account = [world.accountId, `arn:aws:iam::${world.accountId}:root`, '*'];
  return role.trusted.principals.some(
    (principal) => account.includes(principal) || principal === callerRoleArn,
  );
}
