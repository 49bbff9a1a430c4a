import type { SFNClient } from '@aws-sdk/client-sfn';
import { EXIT_CODES } from '../cli/errors.ts';
import type { Io } from '../cli/io.ts';
import type { Output } from '../cli/output.ts';
import { type FollowEvents, type Followed, followPromotion, type Search } from './follow-promotion.ts';

export interface Waiting {
  stateMachineArn: string;
  search: Search;
  /** What a person can do if no promotion begins. */
  hint: string;
  /** The command's result without `--follow`. */
  result: Record<string, unknown>;
  uri: string;
}

/**
 * Follows the promotion that a push has started, and prints the outcome of each domain as it comes, and all
 * of them in the end.
 *
 * @returns exit code: 0 when every domain is DEPLOYED, 1 when the execution failed, 3 when it ended well and
 *   not every domain is
 */
export async function waitForPromotion(
  sfn: SFNClient,
  { io, output }: { io: Io; output: Output },
  { stateMachineArn, search, hint, result, uri }: Waiting,
): Promise<number> {
  const progress = output.progress('promotion', 'promotion');
  let [ended, domains] = [0, 0];
  const show = () => {
    const notes = [`${ended} of ${domains} domains`];
    if (domains > 0) progress.update({ done: ended, total: domains, unit: '', notes });
  };
  const events: FollowEvents = {
    onBegun: (execution) => output.note('promotion', { execution }, `${execution} runs …`),
    onDomains(count) {
      domains = count;
      show();
    },
    onOutcome(outcome) {
      ended++;
      output.note('outcome', { ...outcome }, `${outcome.domain}: ${outcome.outcome}, ${outcome.reason}`);
      show();
    },
  };
  const followed = await followPromotion(sfn, stateMachineArn, search, { io, events, hint }).finally(() =>
    progress.end(),
  );
  const code = exitCodeOf(followed);
  const { execution, status, outcomes, cause } = followed;
  output.result(
    {
      ...result,
      ok: code === EXIT_CODES.ok,
      execution,
      status,
      outcomes,
      ...(cause === undefined ? {} : { cause }),
    },
    [uri, ...linesOf(followed)].join('\n'),
  );
  return code;
}

/** A line for each domain, aligned; without domains, the reason. */
function linesOf({ outcomes, cause, execution, status }: Followed): string[] {
  if (outcomes.length === 0) {
    return [`${execution} ${status}: ${cause ?? 'there is no domain to promote to'}`];
  }
  const width = Math.max(...outcomes.map(({ domain }) => domain.length));
  return outcomes.map(
    ({ domain, outcome, reason }) => `${domain.padEnd(width)}  ${outcome.padEnd(11)}  ${reason}`,
  );
}

function exitCodeOf({ status, outcomes }: Followed): number {
  if (status !== 'SUCCEEDED') return EXIT_CODES.failed;
  return outcomes.every(({ outcome }) => outcome === 'DEPLOYED') ? EXIT_CODES.ok : EXIT_CODES.notDeployed;
}
