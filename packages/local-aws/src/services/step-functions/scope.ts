import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Clock } from '../../service.ts';
import { alarm } from './alarm.ts';
import { Abandoned } from './errors.ts';
import type { Entry } from './history.ts';
import type { Json } from './json.ts';
import type { Evaluator, Visible } from './jsonata.ts';
import type { EventOptions, Flow, Progress } from './progress.ts';

/** Runs what Task states ask for: the world outside, as the interpreter sees it. */
export type Integrate = (
  /** As in the definition. */
  resource: string,
  input: Json,
) => Promise<Json>;

/** One execution, as all of its states see it. */
export interface Run {
  readonly clock: Clock;
  readonly progress: Progress;
  readonly evaluator: Evaluator;
  readonly integrate: Integrate;
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
  readonly region: string;
  /** `$states.context.Execution` and `.StateMachine`. */
  readonly execution: {
    Id: string;
    Input: Json;
    Name: string;
    RoleArn: string;
    StartTime: string;
    RedriveCount: number;
  };
  readonly machine: { Id: string; Name: string };
  /** Functions by attempt key. Call one to make a task that waits for its token read the journal again. */
  readonly waiting: Map<string, () => void>;
  /** The token by which the outside answers an attempt. */
  tokenFor(attemptKey: string): string;
}

/** One stay in a state. */
export interface Visit {
  readonly key: string;
  readonly scope: Scope;
  readonly name: string;
  readonly type: string;
  readonly input: Json;
  readonly enteredId: number;
  /** Milliseconds since 1970. */
  readonly enteredAt: number;
  /** How often the state was retried so far. */
  retryCount: number;
}

/** `$states.context.Map.Item`. */
export interface MapItem {
  Index: number;
  /** Only where the items are an object's. */
  Key?: string;
  Value: Json;
}

/** A running workflow with its own variables: the execution's, a branch's or an iteration's. */
export class Scope {
  readonly run: Run;
  readonly key: string;
  readonly flow: Flow;
  readonly #outer: Scope | undefined;
  readonly #item: MapItem | undefined;
  readonly #own: Record<string, Json> = {};
  readonly #abandon = new AbortController();
  /** Branches or iterations that run inside the current state. */
  readonly inner = new Set<Scope>();
  /** The state that this workflow is in. */
  current: Visit | undefined;

  /** @param inside the surrounding workflow, and the Map item that this one is for */
  constructor(run: Run, key: string, flow: Flow, inside: { outer?: Scope; item?: MapItem } = {}) {
    const { outer, item } = inside;
    this.run = run;
    this.key = key;
    this.flow = flow;
    this.#outer = outer;
    this.#item = item ?? (outer ? outer.#item : undefined);
    outer?.inner.add(this);
  }

  /** Variables that a state here can read. */
  variables(): Record<string, Json> {
    return { ...this.#outer?.variables(), ...this.#own };
  }

  assign(values: Record<string, Json>): void {
    Object.assign(this.#own, values);
  }

  /** The innermost Map item around here. */
  get item(): MapItem | undefined {
    return this.#item;
  }

  get abandoned(): boolean {
    return this.#abandon.signal.aborted;
  }

  /** Stops everything here and further inside; nothing more is recorded for it. */
  abandon(): void {
    this.#abandon.abort();
    for (const scope of this.inner) scope.abandon();
  }

  /** This workflow ended: the surrounding state need not abandon it any more. */
  close(): void {
    this.#outer?.inner.delete(this);
  }

  /** @throws Abandoned so that abandoned code stops at its next step */
  event(
    key: string,
    type: HistoryEventType,
    details?: Record<string, unknown>,
    options: EventOptions = {},
  ): Entry {
    this.check();
    return this.run.progress.event(this.flow, key, type, { details, ...options });
  }

  note(key: string, data: unknown): Entry {
    this.check();
    return this.run.progress.note(this.flow, key, data);
  }

  /** What was recorded under a key; the flow continues from there. */
  recall(key: string): Entry | undefined {
    const entry = this.run.progress.recall(key);
    if (entry) this.flow.last = entry.id;
    return entry;
  }

  check(): void {
    if (this.abandoned) throw new Abandoned();
  }

  /**
   * A promise that is rejected as soon as this scope is abandoned.
   *
   * @param start returns what to undo in either case
   */
  wait<T>(start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void): Promise<T> {
    const signal = this.#abandon.signal;
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) return reject(new Abandoned());
      let over = false;
      let undo = () => {};
      const end = (settle: () => void) => {
        if (over) return;
        over = true;
        signal.removeEventListener('abort', abandoned);
        undo();
        settle();
      };
      const abandoned = () => end(() => reject(new Abandoned()));
      signal.addEventListener('abort', abandoned);
      undo = start(
        (value) => end(() => resolve(value)),
        (error) => end(() => reject(error)),
      );
      if (over) undo();
    });
  }

  /** Resolves when the clock reaches a time, in milliseconds since 1970. */
  until(at: number): Promise<void> {
    if (at <= this.run.clock.now()) return Promise.resolve();
    return this.wait<void>((resolve) => alarm(this.run.clock, at, resolve));
  }
}

/** What an expression of this state sees. `more` is what only some fields see: `result`, `errorOutput`. */
export function visibleTo(visit: Visit, more: Record<string, unknown> = {}, token?: string): Visible {
  const { run, item } = visit.scope;
  return {
    states: {
      input: visit.input,
      ...more,
      context: {
        Execution: run.execution,
        StateMachine: run.machine,
        State: {
          Name: visit.name,
          EnteredTime: new Date(visit.enteredAt).toISOString(),
          RetryCount: visit.retryCount,
        },
        ...(item ? { Map: { Item: item } } : {}),
        ...(token ? { Task: { Token: token } } : {}),
      },
    },
    variables: visit.scope.variables(),
  };
}
