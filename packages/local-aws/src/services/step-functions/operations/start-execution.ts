import type { StartExecutionInput, StartExecutionOutput } from '@aws-sdk/client-sfn';
import { ServiceError } from '../../../service.ts';
import { checkArn, checkName } from '../arns.ts';
import type { Executions } from '../executions/executions.ts';
import { DATA_LIMIT, sizeOf } from '../json.ts';
import type { Machines } from '../machines.ts';

/** Starts an execution, or finds the running one with the same name and input again. */
export function startExecution(machines: Machines, executions: Executions) {
  return (request: StartExecutionInput): StartExecutionOutput => {
    const arn = request.stateMachineArn as string;
    checkArn(arn, 'stateMachine');
    const machine = machines.get(arn);
    if (!machine)
      throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    if (request.name !== undefined) checkName(request.name);
    const input = request.input ?? '{}';
    checkInput(input);
    const record = executions.start(machine, input, request.name, request.traceHeader);
    return { executionArn: record.arn, startDate: new Date(record.startDate) };
  };
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
