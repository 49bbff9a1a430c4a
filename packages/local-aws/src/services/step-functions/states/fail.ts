import type { FailState } from '../definition/types.ts';
import { StatesError } from '../errors.ts';
import type { Json } from '../json.ts';
import { type Visit, visibleTo } from '../scope.ts';

/** Ends the workflow with an error. */
export async function fail(visit: Visit, state: FailState): Promise<never> {
  const text = async (field: 'Error' | 'Cause') => {
    const template = state[field];
    if (template === undefined) return undefined;
    const place = { name: visit.name, enteredId: visit.enteredId };
    return visit.scope.run.evaluator.evaluateTo({ template, location: field }, visibleTo(visit), place, {
      expected: 'string',
      is: isString,
    });
  };
  throw new StatesError(await text('Error'), await text('Cause'));
}

function isString(value: Json): value is string {
  return typeof value === 'string';
}
