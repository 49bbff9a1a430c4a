import { recordAbandoned } from '../abandonment.ts';
import type { MapState } from '../definition/types.ts';
import { Abandoned, type StatesError } from '../errors.ts';
import { toStatesError, withHandlers } from '../handlers.ts';
import type { Json } from '../json.ts';
import { failed } from '../jsonata.ts';
import { isIntegerFrom } from '../ranges.ts';
import { type Exit, evaluateExit } from '../results.ts';
import { type MapItem, Scope, type Visit, visibleTo } from '../scope.ts';
import type { RunWorkflow } from './parallel.ts';

/** Iterations that Step Functions runs at once in an inline Map, whatever `MaxConcurrency` says. */
const MOST_AT_ONCE = 40;

/** Runs the item processor for every item; the first iteration that fails ends the others. */
export function map(visit: Visit, state: MapState, runWorkflow: RunWorkflow): Promise<Exit> {
  const { scope } = visit;
  const attempt = async (key: string) => {
    const result = await new Iterations(visit, state, key, runWorkflow).run();
    return evaluateExit(visit, state, result, { visible: { result } });
  };
  return withHandlers(visit, state, attempt, () => scope.event(`${visit.key}/failed`, 'MapStateFailed'));
}

interface Plan {
  items: Json[];
  /** Where the items are an object's values. */
  keys?: string[];
  atOnce: number;
}

/** One attempt at all items. */
class Iterations {
  readonly #visit: Visit;
  readonly #state: MapState;
  readonly #key: string;
  readonly #runWorkflow: RunWorkflow;
  readonly #running = new Map<number, Scope>();
  #next = 0;

  constructor(visit: Visit, state: MapState, key: string, runWorkflow: RunWorkflow) {
    this.#visit = visit;
    this.#state = state;
    this.#key = key;
    this.#runWorkflow = runWorkflow;
  }

  async run(): Promise<Json> {
    const { scope } = this.#visit;
    const plan: Plan =
      scope.recall(`${this.#key}/plan`)?.data ?? scope.note(`${this.#key}/plan`, await this.#plan()).data;
    const started = scope.event(`${this.#key}/started`, 'MapStateStarted', { length: plan.items.length });
    const results: Json[] = new Array(plan.items.length);
    const ends: number[] = [];
    const workers = Array.from({ length: Math.min(plan.atOnce, plan.items.length) }, () =>
      this.#work({ last: started.id }, plan, results, ends),
    );
    try {
      await Promise.all(workers);
    } catch (error) {
      throw this.#end(error);
    }
    const succeeded = { last: Math.max(started.id, ...ends) };
    scope.check();
    scope.run.progress.event(succeeded, `${this.#key}/succeeded`, 'MapStateSucceeded', { advance: false });
    scope.flow.last = succeeded.last;
    return results;
  }

  /**
   * Processes items one after another. In history an iteration follows on the previous one of the same
   * worker.
   */
  async #work(flow: { last: number }, { items, keys }: Plan, results: Json[], ends: number[]): Promise<void> {
    while (this.#next < items.length) {
      const index = this.#next++;
      const { output, end } = await this.#iterate(flow, {
        Index: index,
        ...(keys === undefined ? {} : { Key: keys[index] as string }),
        Value: items[index] as Json,
      });
      results[index] = output;
      ends.push(end);
    }
  }

  async #iterate(flow: { last: number }, item: MapItem): Promise<{ output: Json; end: number }> {
    const { scope: outer, name } = this.#visit;
    const index = item.Index;
    const key = `${this.#key}/${index}`;
    const done = outer.run.progress.recall(`${key}/succeeded`);
    if (done) {
      flow.last = done.previous;
      return { output: done.data.output as Json, end: done.id };
    }
    const scope = new Scope(outer.run, key, flow, { outer, item });
    this.#running.set(index, scope);
    try {
      const input = await this.#input(scope, key);
      scope.event(`${key}/started`, 'MapIterationStarted', { name, index });
      const output = await this.#runWorkflow(scope, this.#state.ItemProcessor, input);
      const end = scope.event(
        `${key}/succeeded`,
        'MapIterationSucceeded',
        { name, index },
        { data: { output }, advance: false },
      );
      this.#running.delete(index);
      return { output, end: end.id };
    } catch (error) {
      if (error instanceof Abandoned) throw error;
      throw new IterationFailure(index, scope, toStatesError(error));
    } finally {
      scope.close();
    }
  }

  /**
   * `ItemSelector`, or the item (of an object, the pair). Recorded, because a selector may give something
   * else the next time.
   */
  async #input(scope: Scope, key: string): Promise<Json> {
    const { name, enteredId } = this.#visit;
    const { ItemSelector: selector } = this.#state;
    if (selector === undefined) {
      const { Key, Value } = scope.item as MapItem;
      return Key === undefined ? Value : { Key, Value };
    }
    const known = scope.run.progress.recall(`${key}/input`);
    if (known) return known.data.value as Json;
    const visible = visibleTo({ ...this.#visit, scope });
    const value = await scope.run.evaluator.evaluate(selector, visible, { name, enteredId }, 'ItemSelector');
    scope.note(`${key}/input`, { value });
    return value;
  }

  /** Ends the other iterations after one failed, or after this Map itself was abandoned. */
  #end(error: unknown): unknown {
    if (!(error instanceof IterationFailure)) return error;
    const { scope: outer, name } = this.#visit;
    outer.check();
    const { flow } = error.scope;
    const record = (index: number, type: 'MapIterationFailed' | 'MapIterationAborted') =>
      outer.run.progress.event(flow, `${this.#key}/${index}/ended`, type, {
        details: { name, index },
        advance: false,
      });
    record(error.index, 'MapIterationFailed');
    recordAbandoned(error.scope, flow);
    for (const [index, scope] of this.#running) {
      if (index === error.index) continue;
      record(index, 'MapIterationAborted');
      recordAbandoned(scope, flow);
      scope.abandon();
    }
    this.#next = Number.POSITIVE_INFINITY;
    outer.flow.last = flow.last;
    return error.error;
  }

  async #plan(): Promise<Plan> {
    const { Items: items, MaxConcurrency: atOnce } = this.#state;
    const { input, name, enteredId, scope } = this.#visit;
    const { evaluator } = scope.run;
    const visible = visibleTo(this.#visit);
    const place = { name, enteredId };
    if (items === undefined && !isCollection(input)) {
      throw failed(place, `Map state input must be an array or object but was: ${JSON.stringify(input)}`);
    }
    const limit =
      atOnce === undefined
        ? 0
        : await evaluator.evaluateTo({ template: atOnce, location: 'MaxConcurrency' }, visible, place, {
            expected: 'integer',
            is: isIntegerFrom(0, Number.MAX_SAFE_INTEGER),
          });
    const all =
      items === undefined
        ? (input as Collection)
        : await evaluator.evaluateTo({ template: items, location: 'Items' }, visible, place, {
            expected: 'array or object',
            is: isCollection,
          });
    return {
      ...(Array.isArray(all) ? { items: all } : { items: Object.values(all), keys: Object.keys(all) }),
      atOnce: limit === 0 ? MOST_AT_ONCE : Math.min(limit, MOST_AT_ONCE),
    };
  }
}

/** What a Map goes through: an array's items, or an object's pairs. */
type Collection = Json[] | { [key: string]: Json };

function isCollection(value: Json): value is Collection {
  return typeof value === 'object' && value !== null;
}

class IterationFailure extends Error {
  readonly index: number;
  readonly scope: Scope;
  readonly error: StatesError;

  constructor(index: number, scope: Scope, error: StatesError) {
    super('an iteration failed');
    this.index = index;
    this.scope = scope;
    this.error = error;
  }
}
