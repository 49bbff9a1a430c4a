import type { SucceedState } from '../definition/types.ts';
import { type Exit, evaluateExit } from '../results.ts';
import type { Visit } from '../scope.ts';

/** Ends the workflow with its input, or `Output`. */
export function succeed(visit: Visit, state: SucceedState): Promise<Exit> {
  return evaluateExit(visit, { Output: state.Output }, visit.input);
}
