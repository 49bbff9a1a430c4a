import * as schemas from '@aws-sdk/client-sfn';
import type { Service, ServiceFactory } from '../../service.ts';
import constraints from './constraints.json' with { type: 'json' };
import { Executions } from './executions/executions.ts';
import { Machines } from './machines.ts';
import { describeExecution, getExecutionHistory, listExecutions } from './operations/read-executions.ts';
import { startExecution, startSyncExecution } from './operations/start-execution.ts';
import { stateMachineOperations } from './operations/state-machines.ts';
import { stopExecution } from './operations/stop-execution.ts';
import { taskTokenOperations } from './operations/task-tokens.ts';
import { permissions } from './permissions.ts';
import { stateMachineResource } from './template.ts';

/**
 * Step Functions: standard state machines of the template, written in JSONata. Executions survive a kill of the
 * process; see docs/fidelity.md for what is and is not supported.
 */
export const createStepFunctions: ServiceFactory = (world): Service => {
  const folder = world.folder('step-functions');
  const machines = new Machines(folder);
  const executions = new Executions(world, folder, machines);
  return {
    signingName: 'states',
    protocol: 'json-1.0',
    targetPrefix: 'AWSStepFunctions',
    permissions,
    schemas,
    constraints,
    operations: {
      StartExecution: startExecution(machines, executions),
      StartSyncExecution: startSyncExecution,
      StopExecution: stopExecution(world.clock, executions),
      DescribeExecution: describeExecution(executions),
      ListExecutions: listExecutions(machines, executions),
      GetExecutionHistory: getExecutionHistory(executions),
      ...taskTokenOperations(executions),
      ...stateMachineOperations(machines, executions),
    },
    resources: { 'AWS::StepFunctions::StateMachine': stateMachineResource(world, machines, executions) },
    start: () => executions.resume(),
    stop: () => executions.suspend(),
  };
};
