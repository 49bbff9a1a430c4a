import type { Attention } from '../contracts/domains.ts';
import type { ListedExecution } from './executions.ts';

const NEEDS_A_PERSON = new Set<string>(['REJECTED', 'ROLLED_BACK', 'FAILED']);

/**
 * The domains whose newest outcome, among some executions, needs a person, and the executions that failed as
 * a whole.
 *
 * @param executions the newest first
 */
export function lastOutcomes(executions: readonly ListedExecution[]): Attention[] {
  const seen = new Set<string>();
  return executions.flatMap(({ row, outcomes }): Attention[] => {
    const { execution, status, summary, startedAt, endedAt: at = startedAt } = row;
    // What runs has not ended, and what a person has stopped needs none.
    if (status === 'RUNNING' || status === 'ABORTED') return [];
    if (outcomes === undefined) return [{ kind: 'FAILED', execution, text: summary ?? status, at }];
    return outcomes.flatMap(({ domain, outcome, reason }): Attention[] => {
      if (seen.has(domain)) return [];
      seen.add(domain);
      if (!NEEDS_A_PERSON.has(outcome)) return [];
      return [{ kind: outcome as Attention['kind'], domain, execution, text: reason, at }];
    });
  });
}
