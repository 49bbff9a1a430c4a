import * as schemas from '@aws-sdk/client-cloudformation';
import { defineService } from '../../define-service.ts';
import { ChangeSets } from './change-sets.ts';
import type { CloudFormationContext } from './context.ts';
import { stackEngineOf } from './engine.ts';
import {
  createChangeSet,
  deleteChangeSet,
  describeChangeSet,
  executeChangeSet,
  listChangeSets,
} from './operations/change-sets.ts';
import {
  createStack,
  deleteStack,
  updateStack,
  updateTerminationProtection,
} from './operations/change-stacks.ts';
import {
  describeStackEvents,
  describeStackResource,
  describeStackResources,
  describeStacks,
  getTemplate,
  listExports,
  listStackResources,
  listStacks,
} from './operations/read-stacks.ts';
import { validateTemplate } from './operations/validate-template.ts';
import { permissions } from './permissions.ts';

/** CloudFormation: stacks from templates, created through this API or when the local AWS starts. */
export const createCloudFormation = defineService<CloudFormationContext>({
  signingName: 'cloudformation',
  protocol: 'query',
  schemas,
  queryVersion: '2010-05-15',
  xmlNamespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
  permissions,
  createContext: (world) => ({ world, engine: stackEngineOf(world), changeSets: new ChangeSets(world) }),
  operations: {
    CreateChangeSet: createChangeSet,
    CreateStack: createStack,
    DeleteChangeSet: deleteChangeSet,
    DeleteStack: deleteStack,
    DescribeChangeSet: describeChangeSet,
    DescribeStackEvents: describeStackEvents,
    DescribeStackResource: describeStackResource,
    DescribeStackResources: describeStackResources,
    DescribeStacks: describeStacks,
    ExecuteChangeSet: executeChangeSet,
    GetTemplate: getTemplate,
    ListChangeSets: listChangeSets,
    ListExports: listExports,
    ListStackResources: listStackResources,
    ListStacks: listStacks,
    UpdateStack: updateStack,
    UpdateTerminationProtection: updateTerminationProtection,
    ValidateTemplate: validateTemplate,
  },
  start: ({ engine }) => engine.restore(),
  stop: ({ engine }) => engine.stop(),
});
