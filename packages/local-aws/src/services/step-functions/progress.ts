import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Clock } from '../../service.ts';
import { StatesError } from './errors.ts';
import { type Entry, MOST_EVENTS } from './history.ts';

/** Where journal lines go; `packages/local-aws/src/store/journal.ts` is one. */
export interface Log {
  entries(): readonly Entry[];
  append(...entries: Entry[]): void;
}

/** One line of events that follow each other: the execution's, a branch's, an iteration's. */
export interface Flow {
  /** Id of its newest event. */
  last: number;
}

/** What belongs to an event beside its details. */
export interface EventOptions {
  /** What the interpreter needs to go on after a restart. */
  data?: unknown;
  /** False for an event that the next one does not follow on (`MapStateSucceeded`). */
  advance?: boolean;
}

/**
 * An execution's progress. Everything that happened is a line in its journal, under a key that is the same
 * when the interpreter runs again from the start. After a restart the interpreter finds finished work there
 * and does not repeat it.
 */
export class Progress {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Entry>();
  #events = 0;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    for (const entry of log.entries()) this.#index(entry);
  }

  /** What was recorded under a key (the newest, where there are several). */
  recall(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  /** All lines, oldest first. */
  entries(): readonly Entry[] {
    return this.#log.entries();
  }

  /**
   * Records an event and makes it the flow's newest; when it was recorded before, returns that.
   *
   * @param content details, as history shows them, and what else belongs to the event
   */
  event(
    flow: Flow,
    key: string,
    type: HistoryEventType,
    { details, data, advance = true }: EventOptions & { details?: Record<string, unknown> | undefined } = {},
  ): Entry {
    const known = this.recall(key);
    if (known) {
      if (advance) flow.last = known.id;
      return known;
    }
    if (this.#events >= MOST_EVENTS - 1 && key !== 'end') {
      throw new StatesError(
        'States.Runtime',
        `The execution reached the maximum number of history events (${MOST_EVENTS}).`,
      );
    }
    const entry: Entry = {
      key,
      time: this.#clock.now(),
      id: this.#events + 1,
      previous: flow.last,
      type,
      ...(details === undefined ? {} : { details }),
      ...(data === undefined ? {} : { data }),
    };
    this.#append(entry);
    if (advance) flow.last = entry.id;
    return entry;
  }

  /** Records something that is no event. Under the same key again it replaces what was there. */
  note(flow: Flow, key: string, data: unknown): Entry {
    const entry: Entry = { key, time: this.#clock.now(), id: flow.last, previous: flow.last, data };
    this.#append(entry);
    return entry;
  }

  #append(entry: Entry): void {
    this.#log.append(entry);
    this.#index(entry);
  }

  #index(entry: Entry): void {
    this.#byKey.set(entry.key, entry);
    if (entry.type) this.#events = Math.max(this.#events, entry.id);
  }
}
