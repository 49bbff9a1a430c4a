import * as schemas from '@aws-sdk/client-cloudformation';
import type { Service, ServiceFactory } from '../../service.ts';
import { changeSetOperations } from './change-sets.ts';
import { stackEngineOf } from './engine.ts';
import { permissions } from './permissions.ts';
import { readOperations } from './read-operations.ts';
import { stackOperations } from './stack-operations.ts';

/** CloudFormation: stacks made of templates, whether they come through this API or with the start of the local AWS. */
export const createCloudFormation: ServiceFactory = (world): Service => {
  const engine = stackEngineOf(world);
  return {
    signingName: 'cloudformation',
    protocol: 'query',
    queryVersion: '2010-05-15',
    xmlNamespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
    permissions,
    schemas,
    operations: {
      ...readOperations(engine.stacks),
      ...stackOperations(world, engine),
      ...changeSetOperations(world, engine),
    },
    start: () => engine.restore(),
    stop: () => engine.stop(),
  };
};
