import type { Graph, GraphState } from '../contracts/promotions.ts';

/** The fields of the Amazon States Language that the picture needs. */
interface State {
  Type: string;
  Comment?: string;
  Next?: string;
  Default?: string;
  Choices?: { Next: string }[];
  Catch?: { Next: string }[];
  Branches?: Machine[];
  ItemProcessor?: Machine;
  Arguments?: { FunctionName?: string };
}
interface Machine {
  StartAt: string;
  States: Record<string, State>;
}

/** A place in the nested machines: the state, and where it goes on when its machine has ended. */
interface Place {
  state: State;
  after: string[];
}

/**
 * The picture of a state machine: its tasks, in rows from above, and what follows what. Choices, maps and
 * parallel states are only ways from task to task. A catcher that most tasks share is left out, and so are
 * the ways back.
 *
 * @param definition in the Amazon States Language
 */
export function graphOf(definition: string): Graph {
  const machine = JSON.parse(definition) as Machine;
  const places = new Map<string, Place>();
  collect(machine, [], places);
  const isTask = (name: string) => places.get(name)!.state.Type === 'Task';
  const tasks = [...places.keys()].filter(isTask);

  /** The tasks that a way to this state leads to. */
  function tasksAt(name: string, seen = new Set<string>()): string[] {
    if (isTask(name)) return [name];
    if (seen.has(name)) return [];
    seen.add(name);
    return waysOut(name).flatMap((next) => tasksAt(next, seen));
  }
  function waysOut(name: string): string[] {
    const { state, after } = places.get(name)!;
    const inner = [...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])];
    if (inner.length > 0) return inner.map(({ StartAt }) => StartAt);
    const next = [state.Next, state.Default, ...(state.Choices ?? []).map((choice) => choice.Next)];
    const named = next.filter((each) => each !== undefined);
    if (named.length > 0) return named;
    return state.Type === 'Fail' || state.Type === 'Succeed' ? [] : after;
  }
  const follows = new Map(tasks.map((task) => [task, unique(waysOut(task).flatMap((to) => tasksAt(to)))]));
  const caught = new Map(
    tasks.map((task) => [
      task,
      unique((places.get(task)!.state.Catch ?? []).flatMap(({ Next }) => tasksAt(Next))),
    ]),
  );
  const catchers = [...caught.values()].flat();
  const isShared = (to: string) => catchers.filter((each) => each === to).length > 2;

  const [first] = tasksAt(machine.StartAt);
  const order = first === undefined ? [] : inOrder(first, follows, caught);
  const position = new Map(order.map((name, index) => [name, index]));
  const isForward = (from: string, to: string) => position.get(to)! > position.get(from)!;
  const edges = order.flatMap((from) => [
    ...follows.get(from)!.map((to) => ({ from, to, caught: false })),
    ...caught
      .get(from)!
      .filter((to) => !isShared(to) && !follows.get(from)!.includes(to))
      .map((to) => ({ from, to, caught: true })),
  ]);
  const forward = edges.filter(({ from, to }) => isForward(from, to));
  return { states: placed(order, forward, places), edges: forward };
}

/**
 * The names of the Lambda functions that the states of a state machine call, by the states' names.
 *
 * @param definition in the Amazon States Language
 */
export function functionsOf(definition: string): Map<string, string> {
  const places = new Map<string, Place>();
  collect(JSON.parse(definition) as Machine, [], places);
  return new Map(
    [...places].flatMap(([name, { state }]): [string, string][] => {
      // A name or an ARN, perhaps with a version at its end.
      const called = state.Arguments?.FunctionName?.replace(/^.*:function:/, '').replace(/:.*$/, '');
      return called === undefined ? [] : [[name, called]];
    }),
  );
}

function collect({ States }: Machine, after: string[], places: Map<string, Place>): void {
  for (const [name, state] of Object.entries(States)) {
    places.set(name, { state, after });
    const inner = [...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])];
    for (const machine of inner) collect(machine, state.Next === undefined ? after : [state.Next], places);
  }
}

/**
 * Every task after all those that lead to it, except on ways back. What only an error leads to is placed by
 * that.
 */
function inOrder(
  first: string,
  follows: ReadonlyMap<string, string[]>,
  caught: ReadonlyMap<string, string[]>,
): string[] {
  const byFollowing = visited(first, (name) => follows.get(name)!);
  const isAside = (name: string) => !byFollowing.includes(name);
  return visited(first, (name) => [...follows.get(name)!, ...caught.get(name)!.filter(isAside)]);
}

/** Topological order by depth-first search. */
function visited(first: string, nextOf: (name: string) => readonly string[]): string[] {
  const done: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const next of nextOf(name).toReversed()) visit(next);
    done.push(name);
  };
  visit(first);
  return done.reverse();
}

/** Rows by the longest way from the first state, columns by the order within a row. */
function placed(
  order: readonly string[],
  edges: Graph['edges'],
  places: ReadonlyMap<string, Place>,
): GraphState[] {
  const rows = new Map<string, number>();
  const columns = new Map<number, number>();
  return order.map((name) => {
    const before = edges.filter(({ to }) => to === name).map(({ from }) => rows.get(from)! + 1);
    const row = Math.max(0, ...before);
    rows.set(name, row);
    const column = columns.get(row) ?? 0;
    columns.set(row, column + 1);
    const about = places.get(name)!.state.Comment;
    return { name, row, column, ...(about === undefined ? {} : { about }) };
  });
}

const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];
