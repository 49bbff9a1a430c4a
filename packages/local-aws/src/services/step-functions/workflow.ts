import type { State, Workflow } from './definition/types.ts';
import { runtimeError } from './errors.ts';
import { reportEvaluation, toStatesError } from './handlers.ts';
import type { Json } from './json.ts';
import type { Exit } from './results.ts';
import type { Scope, Visit } from './scope.ts';
import { choice } from './states/choice.ts';
import { fail } from './states/fail.ts';
import { map } from './states/map.ts';
import { parallel } from './states/parallel.ts';
import { pass } from './states/pass.ts';
import { succeed } from './states/succeed.ts';
import { task } from './states/task.ts';
import { wait } from './states/wait.ts';

/** After this many states in a row the event loop gets a turn, so that other executions go on. */
const STATES_A_TURN = 50;

/**
 * Runs a workflow from `StartAt` to its end. States that have ended according to the journal are not run
 * again; their output and variables come from there.
 *
 * @returns the output of the last state
 * @throws StatesError when a state fails and nothing catches it
 * @throws Abandoned when the scope was abandoned
 */
export async function runWorkflow(scope: Scope, workflow: Workflow, input: Json): Promise<Json> {
  let name: string | undefined = workflow.StartAt;
  let value = input;
  for (let number = 0; name !== undefined; number++) {
    if (number % STATES_A_TURN === STATES_A_TURN - 1) await new Promise((resolve) => setImmediate(resolve));
    const state: State | undefined = workflow.States[name];
    if (!state) throw runtimeError(`there is no state "${name}"`);
    const key = scope.key === '' ? `${number}` : `${scope.key}/${number}`;
    const exit: Exit =
      recallExit(scope, key) ?? (await runOneState(scope, key, { name, state, input: value }));
    if (exit.assigned) scope.assign(exit.assigned);
    value = exit.output;
    name = exit.next;
  }
  return value;
}

/** Enters a state, runs it and leaves it. */
async function runOneState(
  scope: Scope,
  key: string,
  { name, state, input }: { name: string; state: State; input: Json },
): Promise<Exit> {
  const entered = scope.event(`${key}/enter`, `${state.Type}StateEntered`, {
    name,
    input: JSON.stringify(input),
    inputDetails: { truncated: false },
  });
  const visit: Visit = {
    key,
    scope,
    name,
    type: state.Type,
    input,
    enteredId: entered.id,
    enteredAt: entered.time,
    retryCount: 0,
  };
  scope.current = visit;
  let exit: Exit;
  try {
    exit = await runState(visit, state);
  } catch (cause) {
    const error = toStatesError(cause);
    reportEvaluation(visit, error, `${key}/evaluation`);
    throw error;
  }
  recordExit(visit, exit);
  scope.current = undefined;
  return exit;
}

function runState(visit: Visit, state: State): Promise<Exit> {
  switch (state.Type) {
    case 'Pass':
      return pass(visit, state);
    case 'Task':
      return task(visit, state);
    case 'Choice':
      return choice(visit, state);
    case 'Wait':
      return wait(visit, state);
    case 'Succeed':
      return succeed(visit, state);
    case 'Fail':
      return fail(visit, state);
    case 'Parallel':
      return parallel(visit, state, runWorkflow);
    case 'Map':
      return map(visit, state, runWorkflow);
  }
}

function recordExit({ scope, key, name, type }: Visit, exit: Exit): void {
  const texts = Object.entries(exit.assigned ?? {}).map(([variable, value]) => [
    variable,
    JSON.stringify(value),
  ]);
  scope.event(
    `${key}/exit`,
    `${type}StateExited` as 'PassStateExited',
    {
      name,
      output: JSON.stringify(exit.output),
      outputDetails: { truncated: false },
      ...(exit.assigned
        ? { assignedVariables: Object.fromEntries(texts), assignedVariablesDetails: { truncated: false } }
        : {}),
    },
    { data: exit.next === undefined ? {} : { next: exit.next } },
  );
}

function recallExit(scope: Scope, key: string): Exit | undefined {
  const entry = scope.recall(`${key}/exit`);
  if (!entry) return undefined;
  const details = entry.details as { output: string; assignedVariables?: Record<string, string> };
  const assigned = Object.entries(details.assignedVariables ?? {}).map(([name, text]) => [
    name,
    JSON.parse(text),
  ]);
  return {
    output: JSON.parse(details.output) as Json,
    next: (entry.data as { next?: string }).next,
    ...(details.assignedVariables ? { assigned: Object.fromEntries(assigned) as Record<string, Json> } : {}),
  };
}
