import type { World } from '../../service.ts';
import type { Executions } from './executions/executions.ts';
import type { Machines } from './machines.ts';

/** What Step Functions' operations and resources work on. */
export interface StepFunctionsContext {
  world: World;
  machines: Machines;
  executions: Executions;
}
