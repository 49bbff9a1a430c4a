import type { World } from '../service.ts';
import { rolesOf } from '../services/iam/roles.ts';
import { type LocalAws, type LocalAwsOptions, startWithSetup } from '../start.ts';

export type { LocalAws, LocalAwsOptions } from '../start.ts';

/** A role that functions and state machines of tests may use where the test is not about permissions. */
export const ANY_ROLE = 'arn:aws:iam::000000000000:role/any';

/**
 * As `startLocalAws`, for a test: with the services that the test names and no others, with the role
 * `ANY_ROLE`, and with its template as the stack `test`. Call `stop` in `afterEach` or `afterAll`.
 */
export function startLocal(options: LocalAwsOptions = {}): Promise<LocalAws> {
  return startWithSetup({ services: [], stack: 'test', ...options }, giveRoleForAll);
}

function giveRoleForAll(world: World): void {
  rolesOf(world).put('any', {
    name: 'any',
    arn: ANY_ROLE,
    id: 'AROAANY',
    trusted: [{ services: ['lambda.amazonaws.com', 'states.amazonaws.com'], principals: [], conditions: {} }],
    policies: { all: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  });
}
