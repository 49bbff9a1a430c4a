import * as schemas from '@aws-sdk/client-sts';
import { defineService } from '../../define-service.ts';
import constraints from './constraints.json' with { type: 'json' };
import { assumeRole } from './operations/assume-role.ts';
import { getCallerIdentity } from './operations/get-caller-identity.ts';
import { permissions } from './permissions.ts';

/** STS: the caller's identity, and credentials for roles. */
export const createSts = defineService({
  signingName: 'sts',
  protocol: 'query',
  schemas,
  constraints,
  queryVersion: '2011-06-15',
  xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  permissions,
  createContext: (world) => world,
  operations: { AssumeRole: assumeRole, GetCallerIdentity: getCallerIdentity },
});
