import type { ServiceFactory } from '../../service.ts';
import { guard } from './guard.ts';
import { policyResource, roleResource } from './roles.ts';

/**
 * Roles and policies of the template, and the check of everything that is asked with a role's credentials. Its API is not
 * emulated: every operation is refused by name.
 */
export const createIam: ServiceFactory = (world) => ({
  signingName: 'iam',
  protocol: 'query',
  queryVersion: '2010-05-08',
  xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
  schemas: {},
  operations: {},
  resources: {
    'AWS::IAM::Role': roleResource(world),
    'AWS::IAM::Policy': policyResource(world),
  },
  guard: (request) => guard(world, request),
});
