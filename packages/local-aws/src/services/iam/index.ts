import { defineService } from '../../define-service.ts';
import { guard } from './guard.ts';
import { policyResource, roleResource } from './roles.ts';

/**
 * IAM: roles and policies of the template, and the check of every request with a role's credentials. It has
 * no operations.
 */
export const createIam = defineService({
  signingName: 'iam',
  protocol: 'query',
  schemas: {},
  queryVersion: '2010-05-08',
  xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
  createContext: (world) => world,
  operations: {},
  resources: (world) => ({
    'AWS::IAM::Role': roleResource(world),
    'AWS::IAM::Policy': policyResource(world),
  }),
  guard,
});
