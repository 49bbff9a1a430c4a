/** What tests of programs that use AWS need beside `startLocalAws`. */
export type { Exit, ManagedProcess, ProcessSpec, Supervisor } from '../processes/supervisor.ts';
export { StatesError } from '../services/step-functions/errors.ts';
export type { Json } from '../services/step-functions/json.ts';
export { Journal } from '../store/journal.ts';
export { ANY_ROLE, startLocal } from './harness.ts';
export { type Interpretation, interpret } from './interpret.ts';
export { ManualClock } from './manual-clock.ts';
export { provisioned } from './provisioned.ts';
export * from './sagemaker-machine.ts';
export { ShiftedClock } from './shifted-clock.ts';
