import { ServiceError } from '../../service.ts';
import type { Role } from './roles.ts';

/**
 * IAM's quotas: characters of all inline policies of a role, and of its trust policy, without white space.
 */
const INLINE_POLICIES = 10_240;
const TRUST_POLICY = 2_048;

/** @throws ServiceError `LimitExceeded` when the role's inline policies are together larger than IAM takes */
export function refuseLargePolicies({ name, policies }: Role): void {
  const size = Object.entries(policies)
    .filter(([policy]) => !policy.startsWith('arn:'))
    .reduce((sum, [, Statement]) => sum + characters({ Version: '2012-10-17', Statement }), 0);
  if (size > INLINE_POLICIES) {
    throw limitExceeded(`Maximum policy size of ${INLINE_POLICIES} bytes exceeded for role ${name}`);
  }
}

/** @throws ServiceError `LimitExceeded` when a trust policy is larger than IAM takes */
export function refuseLargeTrust(document: unknown): void {
  if (characters(document) > TRUST_POLICY) {
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${TRUST_POLICY}`);
  }
}

function characters(document: unknown): number {
  return JSON.stringify(document).replace(/\s/g, '').length;
}

function limitExceeded(message: string): ServiceError {
  return new ServiceError('LimitExceeded', message, 409);
}
