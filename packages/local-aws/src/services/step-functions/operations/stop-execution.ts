import type { StopExecutionInput, StopExecutionOutput } from '@aws-sdk/client-sfn';
import type { StepFunctionsContext } from '../context.ts';
import { findExecution } from './read-executions.ts';

/** Ends a running execution; stopping one that ended is no error. */
export function stopExecution(
  { world, executions }: StepFunctionsContext,
  { executionArn, error, cause }: StopExecutionInput,
): StopExecutionOutput {
  const { arn, stopDate } = findExecution(executions, executionArn as string);
  executions.stop(arn, error, cause);
  return { stopDate: new Date(stopDate ?? world.clock.now()) };
}
