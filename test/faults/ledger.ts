import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Journal } from 'local-aws/testing';
import type { FaultKind } from './kinds.ts';

/** One thing that happened in a run, at a time of its own clock. */
export interface Line {
  at: number;
  text: string;
  /** The fault that this was. */
  struck?: FaultKind;
  /** The execution that cannot end well any more, because of this. */
  ruined?: string;
  /** What the driver of the run has done, so that it is not done again after a restart. */
  done?: string;
  /** A point in a function at which it was killed: `FinishDomain 3 before`. */
  point?: string;
}

const fileOf = (folder: string) => join(folder, 'ledger.jsonl');

/** So that a prepared folder has no past. */
export const forgetLedger = (folder: string) => rmSync(fileOf(folder), { force: true });

/** What happened in a run: on disk at once, so that it outlives a killed process. */
export class Ledger {
  readonly #journal: Journal<Line>;
  readonly #now: () => number;

  constructor(folder: string, now: () => number) {
    this.#journal = new Journal(fileOf(folder));
    this.#now = now;
  }

  note(text: string, more: Omit<Line, 'at' | 'text'> = {}): void {
    this.#journal.append({ at: this.#now(), text, ...more });
  }

  strike(struck: FaultKind, text: string, more: Pick<Line, 'ruined' | 'point'> = {}): void {
    this.note(`FAULT ${struck}: ${text}`, { struck, ...more });
  }

  get lines(): readonly Line[] {
    return this.#journal.entries();
  }

  isDone(what: string): boolean {
    return this.lines.some(({ done }) => done === what);
  }

  /** How often each kind has struck. */
  counts(): Partial<Record<FaultKind, number>> {
    const counts: Partial<Record<FaultKind, number>> = {};
    for (const { struck } of this.lines) if (struck) counts[struck] = (counts[struck] ?? 0) + 1;
    return counts;
  }
}
