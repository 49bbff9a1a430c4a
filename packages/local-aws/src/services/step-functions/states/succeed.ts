import type { SucceedState } from '../definition/types.ts';
import { type Exit, leave } from '../results.ts';
import type { Visit } from '../scope.ts';

/** Ends the workflow with its input, or `Output`. */
export function succeed(visit: Visit, state: SucceedState): Promise<Exit> {
  return leave(visit, { Output: state.Output }, visit.input);
}
