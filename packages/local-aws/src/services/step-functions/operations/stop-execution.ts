import type { StopExecutionInput, StopExecutionOutput } from '@aws-sdk/client-sfn';
import type { Clock } from '../../../service.ts';
import type { Executions } from '../executions/executions.ts';
import { findExecution } from './read-executions.ts';

/** Ends a running execution; stopping one that ended is no error. */
export function stopExecution(clock: Clock, executions: Executions) {
  return ({ executionArn, error, cause }: StopExecutionInput): StopExecutionOutput => {
    const { arn, stopDate } = findExecution(executions, executionArn as string);
    executions.stop(arn, error, cause);
    return { stopDate: new Date(stopDate ?? clock.now()) };
  };
}
