import type { StartExecutionInput, StartExecutionOutput } from '@aws-sdk/client-sfn';
import { ServiceError } from '../../../service.ts';
import { checkName } from '../arns.ts';
import type { StepFunctionsContext } from '../context.ts';
import { findMachine } from '../find-machine.ts';
import { DATA_LIMIT, sizeOf } from '../json.ts';

/** Starts an execution, or finds the running one with the same name and input again. */
export function startExecution(
  { machines, executions }: StepFunctionsContext,
  request: StartExecutionInput,
): StartExecutionOutput {
  const arn = request.stateMachineArn as string;
  const machine = findMachine(machines, arn);
  if (request.name !== undefined) checkName(request.name);
  const input = request.input ?? '{}';
  checkInput(input);
  const record = executions.start(machine, input, request.name, request.traceHeader);
  return { executionArn: record.arn, startDate: new Date(record.startDate) };
}

/** Synchronous executions are for express state machines, and there are none here. */
export function startSyncExecution(): never {
  throw new ServiceError(
    'StateMachineTypeNotSupported',
    'This operation is not supported by this type of state machine',
  );
}

function checkInput(input: string): void {
  if (sizeOf(input) > DATA_LIMIT) {
    throw new ServiceError(
      'ValidationException',
      `1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to ${DATA_LIMIT}`,
    );
  }
  try {
    JSON.parse(input);
  } catch (error) {
    const detail = input === '' ? 'Invalid execution input.' : (error as Error).message;
    throw new ServiceError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${detail}'`);
  }
}
