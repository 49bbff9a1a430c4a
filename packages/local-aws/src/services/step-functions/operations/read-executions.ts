import type {
  DescribeExecutionInput,
  DescribeExecutionOutput,
  GetExecutionHistoryInput,
  GetExecutionHistoryOutput,
  HistoryEventType,
  ListExecutionsInput,
  ListExecutionsOutput,
} from '@aws-sdk/client-sfn';
import { ServiceError } from '../../../service.ts';
import { checkArn } from '../arns.ts';
import type { StepFunctionsContext } from '../context.ts';
import type { Executions } from '../executions/executions.ts';
import type { ExecutionRecord } from '../executions/record.ts';
import { redriveOf } from '../executions/redrive.ts';
import { findMachine } from '../find-machine.ts';
import { type Entry, toHistoryEvent } from '../history.ts';
import { page } from '../paging.ts';

/** @throws ServiceError `InvalidArn`, `ExecutionDoesNotExist` */
export function findExecution(executions: Executions, arn: string): ExecutionRecord {
  checkArn(arn, 'execution');
  const record = executions.get(arn);
  if (record) return record;
  throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
}

export function describeExecution(
  { executions }: StepFunctionsContext,
  { executionArn, includedData }: DescribeExecutionInput,
): DescribeExecutionOutput {
  const record = findExecution(executions, executionArn as string);
  const included = includedData !== 'METADATA_ONLY';
  const { output, stopDate, error, cause, traceHeader } = record;
  return {
    executionArn: record.arn,
    stateMachineArn: record.machineArn,
    name: record.name,
    status: record.status,
    startDate: new Date(record.startDate),
    ...(stopDate === undefined ? {} : { stopDate: new Date(stopDate) }),
    ...(included ? { input: record.input, inputDetails: { included } } : {}),
    ...(included && output !== undefined ? { output, outputDetails: { included } } : {}),
    ...(traceHeader === undefined ? {} : { traceHeader }),
    ...(included && error !== undefined ? { error } : {}),
    ...(included && cause !== undefined ? { cause } : {}),
    ...redriveOf(record),
  };
}

export function listExecutions(
  { machines, executions }: StepFunctionsContext,
  request: ListExecutionsInput,
): ListExecutionsOutput {
  const { stateMachineArn: arn, statusFilter, redriveFilter, maxResults, nextToken } = request;
  if (arn === undefined) {
    throw new ServiceError('ValidationException', 'stateMachineArn is required: map runs are not supported');
  }
  const machine = findMachine(machines, arn);
  const records = executions
    .list(machine.name)
    .filter(({ status }) => statusFilter === undefined || status === statusFilter)
    .filter(() => redriveFilter !== 'REDRIVEN');
  const list = `executions ${arn} ${statusFilter ?? ''} ${redriveFilter ?? ''}`;
  const found = page(records, list, maxResults, nextToken);
  return {
    executions: found.items.map((record) => ({
      executionArn: record.arn,
      stateMachineArn: record.machineArn,
      name: record.name,
      status: record.status,
      startDate: new Date(record.startDate),
      ...(record.stopDate === undefined ? {} : { stopDate: new Date(record.stopDate) }),
      redriveCount: 0,
    })),
    ...(found.nextToken ? { nextToken: found.nextToken } : {}),
  };
}

export function getExecutionHistory(
  { executions }: StepFunctionsContext,
  request: GetExecutionHistoryInput,
): GetExecutionHistoryOutput {
  const { executionArn, maxResults, nextToken, reverseOrder, includeExecutionData } = request;
  const { arn } = findExecution(executions, executionArn as string);
  const events = executions
    .history(arn)
    .filter((entry): entry is Entry & { type: HistoryEventType } => entry.type !== undefined);
  if (reverseOrder) events.reverse();
  const found = page(events, `history ${arn} ${Boolean(reverseOrder)}`, maxResults, nextToken);
  return {
    events: found.items.map((entry) => toHistoryEvent(entry, includeExecutionData ?? true)),
    ...(found.nextToken ? { nextToken: found.nextToken } : {}),
  };
}
