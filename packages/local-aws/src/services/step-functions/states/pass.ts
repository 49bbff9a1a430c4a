import type { PassState } from '../definition/types.ts';
import { type Exit, evaluateExit } from '../results.ts';
import type { Visit } from '../scope.ts';

/** Hands its input on, or `Output`. */
export function pass(visit: Visit, state: PassState): Promise<Exit> {
  return evaluateExit(visit, state, visit.input);
}
