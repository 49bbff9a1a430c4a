import * as schemas from '@aws-sdk/client-cloudformation';
import type { ServiceFactory, World } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import { type StackRecord, stacksOf } from './stacks.ts';

type Output<Command> = Omit<Command, '$metadata'>;

/** Describes the stack that this local AWS was started with. Stacks are created by starting it, not through this API. */
export const createCloudFormation: ServiceFactory = (world) => ({
  signingName: 'cloudformation',
  protocol: 'query',
  schemas,
  operations: {
    DescribeStacks: (
      input: schemas.DescribeStacksCommandInput,
    ): Output<schemas.DescribeStacksCommandOutput> => ({
      Stacks: (input.StackName === undefined ? all(world) : [find(world, input.StackName)]).map(describe),
    }),
    ListStacks: (input: schemas.ListStacksCommandInput): Output<schemas.ListStacksCommandOutput> => ({
      StackSummaries: all(world)
        .map(summary)
        .filter(({ StackStatus }) => input.StackStatusFilter?.includes(StackStatus) ?? true),
    }),
    DescribeStackResources: (
      input: schemas.DescribeStackResourcesCommandInput,
    ): Output<schemas.DescribeStackResourcesCommandOutput> => {
      if (input.StackName === undefined) {
        throw new ServiceError('ValidationError', 'StackName is required by the local AWS');
      }
      const record = find(world, input.StackName);
      return {
        StackResources: resources(record, input.LogicalResourceId).map((resource) => ({
          ...resource,
          StackName: record.name,
          StackId: record.id,
          Timestamp: new Date(record.updated ?? record.created),
        })),
      };
    },
    ListStackResources: (
      input: schemas.ListStackResourcesCommandInput,
    ): Output<schemas.ListStackResourcesCommandOutput> => {
      const record = find(world, input.StackName as string);
      return {
        StackResourceSummaries: resources(record).map((resource) => ({
          ...resource,
          LastUpdatedTimestamp: new Date(record.updated ?? record.created),
        })),
      };
    },
    GetTemplate: (input: schemas.GetTemplateCommandInput): Output<schemas.GetTemplateCommandOutput> => ({
      TemplateBody: JSON.stringify(find(world, input.StackName ?? '').template),
      StagesAvailable: ['Original', 'Processed'],
    }),
  },
});

function all(world: World): StackRecord[] {
  return stacksOf(world)
    .list()
    .map(({ value }) => value);
}

/** @param name or id of the stack */
function find(world: World, name: string): StackRecord {
  const record = all(world).find((stack) => stack.name === name || stack.id === name);
  if (record === undefined) throw new ServiceError('ValidationError', `Stack with id ${name} does not exist`);
  return record;
}

function status(record: StackRecord): 'CREATE_COMPLETE' | 'UPDATE_COMPLETE' {
  return record.updated === undefined ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE';
}

function summary(record: StackRecord) {
  return {
    StackName: record.name,
    StackId: record.id,
    StackStatus: status(record),
    CreationTime: new Date(record.created),
    ...(record.updated === undefined ? {} : { LastUpdatedTime: new Date(record.updated) }),
  };
}

function describe(record: StackRecord): schemas.Stack {
  return {
    ...summary(record),
    ...(record.template.Description === undefined ? {} : { Description: record.template.Description }),
    DisableRollback: false,
    Parameters: Object.entries(record.parameters).map(([ParameterKey, value]) => ({
      ParameterKey,
      ParameterValue: String(value),
    })),
    Outputs: record.outputs.map(({ key, value, description, exportName }) => ({
      OutputKey: key,
      OutputValue: value,
      ...(description === undefined ? {} : { Description: description }),
      ...(exportName === undefined ? {} : { ExportName: exportName }),
    })),
    Tags: [],
    Capabilities: [],
  };
}

function resources(record: StackRecord, logicalId?: string) {
  const found = record.resources.filter(
    (resource) => logicalId === undefined || resource.logicalId === logicalId,
  );
  if (logicalId !== undefined && found.length === 0) {
    throw new ServiceError(
      'ValidationError',
      `Resource ${logicalId} does not exist for stack ${record.name}`,
    );
  }
  return found.map((resource) => ({
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    ResourceStatus: status(record),
  }));
}
