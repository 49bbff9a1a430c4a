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
import { ServiceError } from '../../../service.ts';
import { checkArn } from '../arns.ts';
import { parseDefinition } from '../definition/parse.ts';
import type { Executions } from '../executions/executions.ts';
import type { Machine, Machines, Revision } from '../machines.ts';
import { page } from '../paging.ts';
import { findExecution } from './read-executions.ts';

/** Reading state machines; they are made by the template only. */
export function stateMachineOperations(machines: Machines, executions: Executions) {
  const find = (arn: string): Machine => {
    checkArn(arn, 'stateMachine');
    const machine = machines.get(arn);
    if (!machine)
      throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  };
  return {
    ListStateMachines: ({ maxResults, nextToken }: ListStateMachinesInput): ListStateMachinesOutput => {
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
    },
    DescribeStateMachine: (request: DescribeStateMachineInput): DescribeStateMachineOutput => {
      const machine = find(request.stateMachineArn as string);
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
    },
    DescribeStateMachineForExecution: (
      request: DescribeStateMachineForExecutionInput,
    ): DescribeStateMachineForExecutionOutput => {
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
    },
    ValidateStateMachineDefinition: (
      request: ValidateStateMachineDefinitionInput,
    ): ValidateStateMachineDefinitionOutput => {
      const parsed = parseDefinition(request.definition as string);
      const diagnostics = 'diagnostics' in parsed ? parsed.diagnostics : [];
      return {
        result: diagnostics.length === 0 ? 'OK' : 'FAIL',
        diagnostics: diagnostics.map((found) => ({ severity: 'ERROR', ...found })),
        truncated: false,
      };
    },
    ListTagsForResource: ({ resourceArn }: ListTagsForResourceInput): ListTagsForResourceOutput => ({
      tags: find(resourceArn as string).tags,
    }),
  };
}
