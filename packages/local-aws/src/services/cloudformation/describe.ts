import type * as cfn from '@aws-sdk/client-cloudformation';
import { parameterValues } from '../../template/parameters.ts';
import type { StackResource } from '../../template/stack-resource.ts';
import { readTemplateText, type Template } from '../../template/template.ts';
import type { StackEvent, StackRecord } from './records.ts';

export function stackSummary(record: StackRecord): cfn.StackSummary {
  const { description } = templateOf(record);
  return {
    StackName: record.name,
    StackId: record.id,
    StackStatus: record.status,
    ...(record.reason === undefined ? {} : { StackStatusReason: record.reason }),
    CreationTime: new Date(record.created),
    ...(record.updated === undefined ? {} : { LastUpdatedTime: new Date(record.updated) }),
    ...(record.deleted === undefined ? {} : { DeletionTime: new Date(record.deleted) }),
    ...(description === undefined ? {} : { TemplateDescription: description }),
  };
}

export function describedStack(record: StackRecord): cfn.Stack {
  const { TemplateDescription: Description, ...summary } = stackSummary(record);
  const { parameters } = templateOf(record);
  return {
    ...(summary as cfn.Stack),
    ...(Description === undefined ? {} : { Description }),
    ...(record.changeSetId === undefined ? {} : { ChangeSetId: record.changeSetId }),
    DisableRollback: record.onFailure === 'DO_NOTHING',
    EnableTerminationProtection: record.terminationProtection,
    RollbackConfiguration: {},
    NotificationARNs: [],
    Capabilities: record.capabilities as cfn.Capability[],
    Parameters: parameters,
    Outputs: record.outputs.map(({ key, value, description, exportName }) => ({
      OutputKey: key,
      OutputValue: value,
      ...(description === undefined ? {} : { Description: description }),
      ...(exportName === undefined ? {} : { ExportName: exportName }),
    })),
    Tags: Object.entries(record.tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

/**
 * A stack from another version may have a template that can no longer be parsed. It is described without it.
 */
function templateOf(record: StackRecord): { description?: string; parameters: cfn.Parameter[] } {
  let template: Template;
  try {
    template = readTemplateText(record.templateBody);
  } catch {
    return { parameters: [] };
  }
  return {
    ...(template.Description === undefined ? {} : { description: template.Description }),
    parameters: Object.entries(parametersOf(template, record)).map(([ParameterKey, value]) => ({
      ParameterKey,
      ParameterValue: String(template.Parameters?.[ParameterKey]?.NoEcho) === 'true' ? '****' : String(value),
    })),
  };
}

function parametersOf(template: Template, record: StackRecord) {
  try {
    return parameterValues(template, record.parameters);
  } catch {
    return record.parameters;
  }
}

export function describedEvent(record: StackRecord, event: StackEvent): cfn.StackEvent {
  return {
    StackId: record.id,
    EventId: event.id,
    StackName: record.name,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: new Date(event.at),
    ResourceStatus: event.status as cfn.ResourceStatus,
    ...(event.reason === undefined ? {} : { ResourceStatusReason: event.reason }),
    ...(event.token === undefined ? {} : { ClientRequestToken: event.token }),
  };
}

/** The members that all descriptions of a resource have. */
export function describedResource(resource: StackResource) {
  return {
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    ResourceStatus: resource.status as cfn.ResourceStatus,
    ...(resource.reason === undefined ? {} : { ResourceStatusReason: resource.reason }),
  };
}
