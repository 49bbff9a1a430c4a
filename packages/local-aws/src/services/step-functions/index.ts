import * as schemas from '@aws-sdk/client-sfn';
import { defineService } from '../../define-service.ts';
import constraints from './constraints.json' with { type: 'json' };
import type { StepFunctionsContext } from './context.ts';
import { Executions } from './executions/executions.ts';
import { Machines } from './machines.ts';
import { describeExecution, getExecutionHistory, listExecutions } from './operations/read-executions.ts';
import { startExecution, startSyncExecution } from './operations/start-execution.ts';
import {
  describeStateMachine,
  describeStateMachineForExecution,
  listStateMachines,
  listTagsForResource,
  validateStateMachineDefinition,
} from './operations/state-machines.ts';
import { stopExecution } from './operations/stop-execution.ts';
import { sendTaskFailure, sendTaskHeartbeat, sendTaskSuccess } from './operations/task-tokens.ts';
import { permissions } from './permissions.ts';
import { stateMachineResource } from './resources.ts';

/**
 * Step Functions: standard state machines of the template, written in JSONata. Executions survive a kill of
 * the process; see docs/fidelity.md for what is and is not supported.
 */
export const createStepFunctions = defineService<StepFunctionsContext>({
  signingName: 'states',
  protocol: 'json-1.0',
  schemas,
  constraints,
  targetPrefix: 'AWSStepFunctions',
  permissions,
  createContext(world) {
    const folder = world.folder('step-functions');
    const machines = new Machines(folder);
    return { world, machines, executions: new Executions(world, folder, machines) };
  },
  operations: {
    DescribeExecution: describeExecution,
    DescribeStateMachine: describeStateMachine,
    DescribeStateMachineForExecution: describeStateMachineForExecution,
    GetExecutionHistory: getExecutionHistory,
    ListExecutions: listExecutions,
    ListStateMachines: listStateMachines,
    ListTagsForResource: listTagsForResource,
    SendTaskFailure: sendTaskFailure,
    SendTaskHeartbeat: sendTaskHeartbeat,
    SendTaskSuccess: sendTaskSuccess,
    StartExecution: startExecution,
    StartSyncExecution: startSyncExecution,
    StopExecution: stopExecution,
    ValidateStateMachineDefinition: validateStateMachineDefinition,
  },
  resources: (context) => ({ 'AWS::StepFunctions::StateMachine': stateMachineResource(context) }),
  start: ({ executions }) => executions.resume(),
  stop: ({ executions }) => executions.suspend(),
});
