import type { ChoiceState } from '../definition/types.ts';
import { StatesError } from '../errors.ts';
import type { Json } from '../json.ts';
import { type Exit, evaluateExit } from '../results.ts';
import { type Visit, visibleTo } from '../scope.ts';

/** Takes the first choice whose condition is true, or the default. */
export async function choice(visit: Visit, state: ChoiceState): Promise<Exit> {
  const place = { name: visit.name, enteredId: visit.enteredId };
  for (const [position, rule] of state.Choices.entries()) {
    const location = `Choices[${position}]/`;
    const { evaluator } = visit.scope.run;
    const condition = { template: rule.Condition, location: `${location}Condition` };
    const type = { expected: 'boolean', is: isBoolean };
    if (await evaluator.evaluateTo(condition, visibleTo(visit), place, type)) {
      return evaluateExit(visit, rule, visit.input, { location });
    }
  }
  if (state.Default === undefined) {
    throw new StatesError(
      'States.NoChoiceMatched',
      `An error occurred while executing the state '${visit.name}' (entered at the event id #${visit.enteredId}). Failed to transition out of the state. The state's choices do not match its input.`,
    );
  }
  return evaluateExit(
    visit,
    { Output: state.Output, Assign: state.Assign, Next: state.Default },
    visit.input,
  );
}

function isBoolean(value: Json): value is boolean {
  return typeof value === 'boolean';
}
