import { type FaultKind, kindNames } from './kinds.ts';
import type { RunResult } from './run.ts';

/** What many runs come to. */
export interface Tally {
  runs: number;
  faults: number;
  lostModels: number;
  wrongModelLive: number;
  stuckExecutions: number;
}

export class Tallying {
  readonly #results: RunResult[] = [];

  #broken = 0;

  add(result: RunResult): void {
    this.#results.push(result);
  }

  /** A run that did not come to its end counts as stuck. */
  addBroken(): void {
    this.#broken += 1;
  }

  get tally(): Tally {
    const violations = this.#results.flatMap((result) => result.violations);
    const count = (kind: string) => violations.filter((violation) => violation.kind === kind).length;
    return {
      runs: this.#results.length + this.#broken,
      faults: this.kinds().reduce((sum, { times }) => sum + times, 0),
      lostModels: count('lost model'),
      wrongModelLive: count('wrong model live'),
      stuckExecutions: count('stuck') + this.#broken,
    };
  }

  /** How often each kind has struck, and in how many runs. */
  kinds(): { kind: FaultKind; times: number; runs: number }[] {
    return kindNames.map((kind) => {
      const times = this.#results.map(({ struck }) => struck[kind] ?? 0);
      return {
        kind,
        times: times.reduce((sum, one) => sum + one, 0),
        runs: times.filter((one) => one > 0).length,
      };
    });
  }

  /**
   * Of each function the requests that it makes at the most, and at how many points of them it was struck:
   * killed before, killed after, response lost.
   */
  functions(): { name: string; requests: number; killed: number }[] {
    const most = new Map<string, number>();
    const points = new Set<string>();
    for (const result of this.#results) {
      for (const point of result.points) points.add(point);
      for (const [name, requests] of Object.entries(result.most)) {
        most.set(name, Math.max(most.get(name) ?? 0, requests));
      }
    }
    return [...most]
      .map(([name, requests]) => ({
        name,
        requests,
        killed: [...points].filter((point) => point.startsWith(`${name} `) && !point.endsWith(' end')).length,
      }))
      .sort((one, other) => one.name.localeCompare(other.name));
  }
}
