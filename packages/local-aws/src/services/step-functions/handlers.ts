import type { Catcher, Retrier } from './definition/types.ts';
import { Abandoned, EvaluationError, matches, runtimeError, StatesError } from './errors.ts';
import type { Json } from './json.ts';
import { type Exit, evaluateExit } from './results.ts';
import type { Visit } from './scope.ts';

/** What was decided about a failed attempt, as the journal keeps it. */
interface Failure {
  error?: string;
  reason?: string;
  aliases: readonly string[];
  /** The retrier to use, by position, and when to try again. */
  retry?: { rule: number; at: number };
  /** The catcher to use, by position; without either the state fails. */
  catcher?: number;
}

/**
 * Tries until an attempt succeeds, following `Retry`; then `Catch`.
 *
 * @param attempt gets its number from 0 and its key
 * @param gaveUp called once when no retrier applies any more (`MapStateFailed`)
 * @throws StatesError what no catcher takes
 */
export async function withHandlers(
  visit: Visit,
  state: { Retry?: Retrier[] | undefined; Catch?: Catcher[] | undefined },
  attempt: (key: string) => Promise<Exit>,
  gaveUp: () => void = () => {},
): Promise<Exit> {
  const { scope } = visit;
  const retriers = state.Retry ?? [];
  const catchers = state.Catch ?? [];
  const used = retriers.map(() => 0);
  for (let number = 0; ; number++) {
    visit.retryCount = number;
    const key = `${visit.key}/${number}`;
    let failure = scope.recall(`${key}/failure`)?.data as Failure | undefined;
    if (!failure) {
      try {
        return await attempt(key);
      } catch (cause) {
        const error = toStatesError(cause);
        reportEvaluation(visit, error, `${key}/evaluation`);
        failure = decide(visit, error, { retriers, catchers, used });
        scope.note(`${key}/failure`, failure);
      }
    }
    if (failure.retry) {
      used[failure.retry.rule] = (used[failure.retry.rule] ?? 0) + 1;
      await scope.until(failure.retry.at);
      continue;
    }
    gaveUp();
    const catcher = failure.catcher === undefined ? undefined : catchers[failure.catcher];
    if (!catcher) throw new Reported(failure.error, failure.reason, failure.aliases);
    const errorOutput = { Error: failure.error ?? null, Cause: failure.reason ?? null };
    return evaluateExit(visit, catcher, errorOutput as Json, {
      visible: { errorOutput },
      location: `Catch[${failure.catcher}]/`,
    });
  }
}

/** An error of which history already tells. */
class Reported extends StatesError {}

/** @throws Abandoned unchanged; anything unknown becomes `States.Runtime` */
export function toStatesError(error: unknown): StatesError {
  if (error instanceof Abandoned) throw error;
  if (error instanceof StatesError) return error;
  return runtimeError(
    `The local Step Functions failed: ${error instanceof Error ? error.message : String(error)}`,
  );
}

/** `EvaluationFailed`, where an expression was the cause. */
export function reportEvaluation(visit: Visit, error: StatesError, key: string): void {
  if (!(error instanceof EvaluationError)) return;
  visit.scope.event(key, 'EvaluationFailed', {
    error: error.error,
    cause: error.reason,
    state: visit.name,
    ...(error.location ? { location: error.location } : {}),
  });
}

function decide(
  visit: Visit,
  error: StatesError,
  handlers: { retriers: readonly Retrier[]; catchers: readonly Catcher[]; used: readonly number[] },
): Failure {
  const { retriers, catchers, used } = handlers;
  const failure: Failure = {
    aliases: error.aliases,
    ...(error.error === undefined ? {} : { error: error.error }),
    ...(error.reason === undefined ? {} : { reason: error.reason }),
  };
  // Only the first retrier that names the error counts: when it is used up, no later one takes over.
  const rule = retriers.findIndex(({ ErrorEquals }) => matches(error, ErrorEquals));
  const retrier = retriers[rule];
  const times = used[rule] ?? 0;
  if (retrier && times < (retrier.MaxAttempts ?? 3)) {
    const { run } = visit.scope;
    failure.retry = { rule, at: run.clock.now() + delayOf(retrier, times, run.random) };
    return failure;
  }
  const catcher = catchers.findIndex(({ ErrorEquals }) => matches(error, ErrorEquals));
  if (catcher >= 0) failure.catcher = catcher;
  return failure;
}

/** Milliseconds before the retry after `times` earlier ones by the same retrier. */
function delayOf(retrier: Retrier, times: number, random: () => number): number {
  const grown = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** times;
  const seconds = Math.min(grown, retrier.MaxDelaySeconds ?? 31_622_400);
  return seconds * 1000 * (retrier.JitterStrategy === 'FULL' ? random() : 1);
}
