import { recordAbandoned } from '../abandonment.ts';
import type { ParallelState, Workflow } from '../definition/types.ts';
import { Abandoned, type StatesError } from '../errors.ts';
import { toStatesError, withHandlers } from '../handlers.ts';
import type { Json } from '../json.ts';
import { type Exit, evaluateExit } from '../results.ts';
import { Scope, type Visit, visibleTo } from '../scope.ts';

export type RunWorkflow = (scope: Scope, workflow: Workflow, input: Json) => Promise<Json>;

/** Runs all branches at once. The first failure ends the others. The result is the array of their outputs. */
export function parallel(visit: Visit, state: ParallelState, runWorkflow: RunWorkflow): Promise<Exit> {
  const { scope } = visit;
  const attempt = async (key: string) => {
    const result = await branches(visit, state, key, runWorkflow);
    scope.event(`${key}/succeeded`, 'ParallelStateSucceeded', undefined, { advance: false });
    return evaluateExit(visit, state, result, { visible: { result } });
  };
  return withHandlers(visit, state, attempt, () => scope.event(`${visit.key}/failed`, 'ParallelStateFailed'));
}

async function branches(
  visit: Visit,
  state: ParallelState,
  key: string,
  runWorkflow: RunWorkflow,
): Promise<Json> {
  const { scope } = visit;
  const input =
    scope.recall(`${key}/input`)?.data ?? scope.note(`${key}/input`, await argumentsOf(visit, state)).data;
  const started = scope.event(`${key}/started`, 'ParallelStateStarted');
  const scopes = state.Branches.map(
    (_, position) => new Scope(scope.run, `${key}/${position}`, { last: started.id }, { outer: scope }),
  );
  try {
    const outputs = await Promise.all(
      state.Branches.map((branch, position) =>
        runBranch(scopes[position] as Scope, branch, input.value as Json, runWorkflow),
      ),
    );
    scope.flow.last = Math.max(...scopes.map(({ flow }) => flow.last));
    return outputs;
  } catch (error) {
    if (error instanceof BranchFailure) {
      const { flow } = error.scope;
      scope.check();
      scope.flow.last = flow.last;
      for (const branch of scopes) recordAbandoned(branch, flow);
      for (const branch of scopes) branch.abandon();
      throw error.error.as('States.BranchFailed');
    }
    throw error;
  } finally {
    for (const branch of scopes) branch.close();
  }
}

/** Wrapped, so that null and false are values too. */
async function argumentsOf(visit: Visit, state: ParallelState): Promise<{ value: Json }> {
  if (state.Arguments === undefined) return { value: visit.input };
  const place = { name: visit.name, enteredId: visit.enteredId };
  return {
    value: await visit.scope.run.evaluator.evaluate(state.Arguments, visibleTo(visit), place, 'Arguments'),
  };
}

class BranchFailure extends Error {
  readonly scope: Scope;
  readonly error: StatesError;

  constructor(scope: Scope, error: StatesError) {
    super('a branch failed');
    this.scope = scope;
    this.error = error;
  }
}

async function runBranch(
  scope: Scope,
  branch: Workflow,
  input: Json,
  runWorkflow: RunWorkflow,
): Promise<Json> {
  try {
    return await runWorkflow(scope, branch, input);
  } catch (error) {
    if (error instanceof Abandoned) throw error;
    throw new BranchFailure(scope, toStatesError(error));
  }
}
