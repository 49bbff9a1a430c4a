import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { mapBounded } from '#core/bounded.ts';
import type { Attention } from '../contracts/domains.ts';
import { describeExecution, executionRow, summaryOf } from './executions.ts';
import type { ConsoleServices } from './services.ts';

/** The newest executions that are looked at. */
const LOOKED_AT = 30;
const AT_ONCE = 12;

const NEEDS_A_PERSON = new Set<string>(['REJECTED', 'ROLLED_BACK', 'FAILED']);

/**
 * The domains whose newest outcome, among the newest executions, needs a person, and the executions that
 * failed as a whole.
 */
export async function lastOutcomes(services: ConsoleServices): Promise<Attention[]> {
  const { executions = [] } = await services.sfn.send(
    new ListExecutionsCommand({ stateMachineArn: services.stateMachineArn, maxResults: LOOKED_AT }),
  );
  const ended = executions.filter(({ status }) => status !== 'RUNNING' && status !== 'PENDING_REDRIVE');
  const described = await mapBounded(ended, AT_ONCE, ({ name }) => describeExecution(services, name!));
  const seen = new Set<string>();
  return described.flatMap((execution): Attention[] => {
    const row = executionRow(execution);
    const at = row.endedAt ?? row.startedAt;
    const summary = summaryOf(execution);
    // A person stopped it, and knows.
    if (row.status === 'ABORTED') return [];
    if (summary === undefined) {
      return [{ kind: 'FAILED', execution: row.execution, text: row.summary ?? row.status, at }];
    }
    return summary.outcomes.flatMap(({ domain, outcome, reason }): Attention[] => {
      if (seen.has(domain)) return [];
      seen.add(domain);
      if (!NEEDS_A_PERSON.has(outcome)) return [];
      return [{ kind: outcome as Attention['kind'], domain, execution: row.execution, text: reason, at }];
    });
  });
}
