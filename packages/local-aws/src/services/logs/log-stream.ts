import { Journal } from '../../store/journal.ts';

/** One log event. Short names: a file holds many. */
export interface LogEvent {
  /** Number within the stream, from 0, never given twice. */
  n: number;
  /** Milliseconds since 1970, as the writer says. */
  t: number;
  /** Time of arrival. */
  i: number;
  m: string;
}

/**
 * A stream longer than this many characters loses its older half, so that a forgotten loop does not fill the
 * disk.
 */
const LONGEST = 2_000_000;

/** The events of one log stream, in one file, read when first asked for. */
export class LogStream {
  readonly name: string;
  readonly createdAt: number;
  readonly #path: string;
  readonly #longest: number;
  #journal: Journal<LogEvent> | undefined;
  #length = 0;

  constructor(name: string, createdAt: number, path: string, longest = LONGEST) {
    this.name = name;
    this.createdAt = createdAt;
    this.#path = path;
    this.#longest = longest;
  }

  /** In order of time; where batches overlap, that is not the order in which they came. */
  events(): readonly LogEvent[] {
    const all = this.#open().entries();
    const ordered = all.every((event, index) => index === 0 || all[index - 1]!.t <= event.t);
    return ordered ? all : [...all].sort((a, b) => a.t - b.t || a.n - b.n);
  }

  /** @param events in order of time */
  append(events: readonly { timestamp: number; message: string }[], now: number): void {
    const journal = this.#open();
    let next = (journal.entries().at(-1)?.n ?? -1) + 1;
    const added = events.map(({ timestamp, message }) => ({ n: next++, t: timestamp, i: now, m: message }));
    journal.append(...added);
    for (const event of added) this.#length += event.m.length;
    if (this.#length > this.#longest) this.#halve(journal);
  }

  clear(): void {
    this.#open().clear();
  }

  #open(): Journal<LogEvent> {
    if (this.#journal === undefined) {
      this.#journal = new Journal<LogEvent>(this.#path);
      this.#length = this.#journal.entries().reduce((sum, event) => sum + event.m.length, 0);
    }
    return this.#journal;
  }

  #halve(journal: Journal<LogEvent>): void {
    const kept: LogEvent[] = [];
    let length = 0;
    for (const event of [...journal.entries()].reverse()) {
      if (length + event.m.length > this.#longest / 2 && kept.length > 0) break;
      length += event.m.length;
      kept.push(event);
    }
    journal.clear();
    journal.append(...kept.reverse());
    this.#length = length;
  }
}
