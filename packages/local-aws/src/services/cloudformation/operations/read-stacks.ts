import type * as cfn from '@aws-sdk/client-cloudformation';
import { ServiceError } from '../../../service.ts';
import type { CloudFormationContext } from '../context.ts';
import { describedEvent, describedResource, describedStack, stackSummary } from '../describe.ts';
import type { StackRecord } from '../records.ts';
import type { Stacks } from '../stacks.ts';

const PAGE = 100;

export function describeStacks(
  { engine: { stacks } }: CloudFormationContext,
  input: cfn.DescribeStacksInput,
): Partial<cfn.DescribeStacksOutput> {
  const all =
    input.StackName === undefined
      ? stacks.list().filter(({ status }) => status !== 'DELETE_COMPLETE')
      : [stacks.get(input.StackName)];
  const { page, ...next } = paginate(all, input.NextToken);
  return { Stacks: page.map(describedStack), ...next };
}

export function listStacks(
  { engine: { stacks } }: CloudFormationContext,
  input: cfn.ListStacksInput,
): Partial<cfn.ListStacksOutput> {
  const wanted = stacks.list().filter(({ status }) => input.StackStatusFilter?.includes(status) ?? true);
  const { page, ...next } = paginate(wanted.reverse(), input.NextToken);
  return { StackSummaries: page.map(stackSummary), ...next };
}

export function describeStackEvents(
  { engine: { stacks } }: CloudFormationContext,
  input: cfn.DescribeStackEventsInput,
): Partial<cfn.DescribeStackEventsOutput> {
  const record = named(stacks, input.StackName, `Stack [${input.StackName}] does not exist`);
  const { page, ...next } = paginate(stacks.events(record), input.NextToken);
  return { StackEvents: page.map((event) => describedEvent(record, event)), ...next };
}

export function describeStackResource(
  { engine: { stacks } }: CloudFormationContext,
  input: cfn.DescribeStackResourceInput,
): Partial<cfn.DescribeStackResourceOutput> {
  const record = named(stacks, input.StackName);
  const [resource] = resourcesOf(record, input.LogicalResourceId);
  return {
    StackResourceDetail: {
      ...describedResource(resource!),
      StackName: record.name,
      StackId: record.id,
      LastUpdatedTimestamp: new Date(resource!.changed),
      DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' },
    },
  };
}

export function describeStackResources(
  { engine: { stacks } }: CloudFormationContext,
  input: cfn.DescribeStackResourcesInput,
): Partial<cfn.DescribeStackResourcesOutput> {
  const { PhysicalResourceId: physicalId, StackName } = input;
  const record = StackName === undefined ? holderOf(stacks, physicalId) : named(stacks, StackName);
  return {
    StackResources: resourcesOf(record, input.LogicalResourceId).map((resource) => ({
      ...describedResource(resource),
      StackName: record.name,
      StackId: record.id,
      Timestamp: new Date(resource.changed),
    })),
  };
}

export function listStackResources(
  { engine: { stacks } }: CloudFormationContext,
  input: cfn.ListStackResourcesInput,
): Partial<cfn.ListStackResourcesOutput> {
  const { page, ...next } = paginate(stacks.get(input.StackName).resources, input.NextToken);
  return {
    StackResourceSummaries: page.map((resource) => ({
      ...describedResource(resource),
      LastUpdatedTimestamp: new Date(resource.changed),
    })),
    ...next,
  };
}

export function getTemplate(
  { engine: { stacks } }: CloudFormationContext,
  input: cfn.GetTemplateInput,
): Partial<cfn.GetTemplateOutput> {
  return {
    TemplateBody: stacks.get(input.StackName).templateBody,
    StagesAvailable: ['Original', 'Processed'],
  };
}

export function listExports({ engine: { stacks } }: CloudFormationContext): Partial<cfn.ListExportsOutput> {
  return {
    Exports: stacks
      .list()
      .flatMap(({ id, status, outputs }) =>
        status === 'DELETE_COMPLETE'
          ? []
          : outputs.flatMap(({ exportName, value }) =>
              exportName === undefined ? [] : { ExportingStackId: id, Name: exportName, Value: value },
            ),
      ),
  };
}

/** CloudFormation has more than one way to say that a stack is not there. */
function named(
  stacks: Stacks,
  name: string | undefined,
  missing = `Stack '${name}' does not exist`,
): StackRecord {
  const record = stacks.find(name);
  if (record === undefined) throw new ServiceError('ValidationError', missing);
  return record;
}

function holderOf(stacks: Stacks, physicalId: string | undefined): StackRecord {
  const record = stacks
    .list()
    .find(
      ({ status, resources }) =>
        status !== 'DELETE_COMPLETE' && resources.some((resource) => resource.physicalId === physicalId),
    );
  if (record !== undefined) return record;
  throw new ServiceError('ValidationError', `Stack for ${physicalId} does not exist`);
}

function resourcesOf(record: StackRecord, logicalId: string | undefined) {
  const found = record.resources.filter((one) => logicalId === undefined || one.logicalId === logicalId);
  if (logicalId !== undefined && found.length === 0) {
    throw new ServiceError(
      'ValidationError',
      `Resource ${logicalId} does not exist for stack ${record.name}`,
    );
  }
  return found;
}

function paginate<T>(all: readonly T[], token: string | undefined): { page: T[]; NextToken?: string } {
  const from = Number(token ?? 0);
  if (!Number.isInteger(from))
    throw new ServiceError('ValidationError', 'The specified NextToken is invalid.');
  const to = from + PAGE;
  return { page: all.slice(from, to), ...(to < all.length ? { NextToken: String(to) } : {}) };
}
