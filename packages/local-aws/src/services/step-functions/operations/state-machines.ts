import type {
  DescribeStateMachineForExecutionInput,
  DescribeStateMachineForExecutionOutput,
  DescribeStateMachineInput,
  DescribeStateMachineOutput,
  ListStateMachinesInput,
  ListStateMachinesOutput,
  ListTagsForResourceInput,
  ListTagsForResourceOutput,
  ValidateStateMachineDefinitionInput,
  ValidateStateMachineDefinitionOutput,
} from '@aws-sdk/client-sfn';
import type { StepFunctionsContext } from '../context.ts';
import { parseDefinition } from '../definition/parse.ts';
import { findMachine } from '../find-machine.ts';
import type { Revision } from '../machines.ts';
import { page } from '../paging.ts';
import { findExecution } from './read-executions.ts';

// State machines are made by the template only.

export function listStateMachines(
  { machines }: StepFunctionsContext,
  { maxResults, nextToken }: ListStateMachinesInput,
): ListStateMachinesOutput {
  const found = page(machines.list(), 'stateMachines', maxResults, nextToken);
  return {
    stateMachines: found.items.map(({ arn, name, creationDate }) => ({
      stateMachineArn: arn,
      name,
      type: 'STANDARD',
      creationDate: new Date(creationDate),
    })),
    ...(found.nextToken ? { nextToken: found.nextToken } : {}),
  };
}

export function describeStateMachine(
  { machines }: StepFunctionsContext,
  request: DescribeStateMachineInput,
): DescribeStateMachineOutput {
  const machine = findMachine(machines, request.stateMachineArn as string);
  const { logging, tracing } = machine;
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: 'ACTIVE',
    ...(request.includedData === 'METADATA_ONLY' ? {} : { definition: machine.definition }),
    roleArn: machine.roleArn,
    type: 'STANDARD',
    creationDate: new Date(machine.creationDate),
    revisionId: machine.revision,
    loggingConfiguration: logging ?? { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: tracing ?? { enabled: false },
  } as DescribeStateMachineOutput;
}

export function describeStateMachineForExecution(
  { machines, executions }: StepFunctionsContext,
  request: DescribeStateMachineForExecutionInput,
): DescribeStateMachineForExecutionOutput {
  const record = findExecution(executions, request.executionArn as string);
  const revision = machines.revision(record.revision) as Revision;
  return {
    stateMachineArn: record.machineArn,
    name: record.machineName,
    ...(request.includedData === 'METADATA_ONLY' ? {} : { definition: revision.definition }),
    roleArn: revision.roleArn,
    updateDate: new Date(revision.updateDate),
    revisionId: record.revision,
  } as DescribeStateMachineForExecutionOutput;
}

export function validateStateMachineDefinition(
  _context: StepFunctionsContext,
  request: ValidateStateMachineDefinitionInput,
): ValidateStateMachineDefinitionOutput {
  const parsed = parseDefinition(request.definition as string);
  const diagnostics = 'diagnostics' in parsed ? parsed.diagnostics : [];
  return {
    result: diagnostics.length === 0 ? 'OK' : 'FAIL',
    diagnostics: diagnostics.map((found) => ({ severity: 'ERROR', ...found })),
    truncated: false,
  };
}

export function listTagsForResource(
  { machines }: StepFunctionsContext,
  { resourceArn }: ListTagsForResourceInput,
): ListTagsForResourceOutput {
  return {
    tags: findMachine(machines, resourceArn as string).tags,
  };
}
