import { describe, expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { definitionText } from './definition.ts';

/** As the state machine has it for `LimitReached`. */
interface Retry {
  ErrorEquals: string[];
  IntervalSeconds: number;
  BackoffRate: number;
  MaxDelaySeconds: number;
  MaxAttempts: number;
  JitterStrategy: string;
}
const machine = JSON.parse(definitionText);
const map = machine.States.PromoteDomains;

/** The retry of a state, wherever it stands. */
function retryOf(name: string, within: Record<string, unknown> = machine): Retry | undefined {
  for (const [key, value] of Object.entries(within)) {
    if (typeof value !== 'object' || value === null) continue;
    const state = value as { Retry?: Retry[] };
    if (key === name && state.Retry) {
      return state.Retry.find(({ ErrorEquals }) => ErrorEquals.includes('LimitReached'));
    }
    const found = retryOf(name, value as Record<string, unknown>);
    if (found) return found;
  }
  return undefined;
}

/**
 * Domains that train two jobs each, as many domains at a time as the Map allows, on an account that runs
 * `quota` jobs at once. A job that finds no place waits as the retry says (`FULL` jitter: anything up to the
 * back-off) and tries again.
 */
function simulate(retry: Retry, domains: number, quota: number, jobSeconds: number) {
  const random = createRandom(`${domains} ${quota}`);
  const agenda: { at: number; does: () => void }[] = [];
  let now = 0;
  let running = 0;
  let retries = 0;
  let mostAttempts = 0;
  let left = domains;
  const later = (seconds: number, does: () => void) => agenda.push({ at: now + seconds, does });

  function nextDomain(): void {
    if (left === 0) return;
    left -= 1;
    let jobs = 2;
    const done = () => {
      jobs -= 1;
      if (jobs === 0) nextDomain();
    };
    for (const _ of ['transfer', 'baseline']) start(0, done);
  }
  function start(attempt: number, done: () => void): void {
    mostAttempts = Math.max(mostAttempts, attempt);
    if (running < quota) {
      running += 1;
      later(jobSeconds, () => {
        running -= 1;
        done();
      });
      return;
    }
    retries += 1;
    const backoff = Math.min(retry.MaxDelaySeconds, retry.IntervalSeconds * retry.BackoffRate ** attempt);
    later(random.next() * backoff, () => start(attempt + 1, done));
  }

  for (let n = 0; n < map.MaxConcurrency; n++) nextDomain();
  while (agenda.length > 0) {
    agenda.sort((a, b) => b.at - a.at);
    const { at, does } = agenda.pop()!;
    now = at;
    does();
  }
  return { seconds: now, retries, mostAttempts };
}

describe('waiting for a quota of training jobs', () => {
  const retry = retryOf('StartFineTuning')!;

  test('is the same for both jobs, and spread by jitter', () => {
    expect(retryOf('StartBaseline')).toEqual(retry);
    expect(retry.JitterStrategy).toBe('FULL');
  });

  test.each([
    [100, 1],
    [100, 4],
    [250, 1],
    [250, 20],
  ])('%i domains with a quota of %i get through, within what an execution may take', (domains, quota) => {
    const { seconds, retries, mostAttempts } = simulate(retry, domains, quota, 300);

    expect(mostAttempts).toBeLessThan(retry.MaxAttempts);
    expect(seconds).toBeLessThan(machine.TimeoutSeconds);
    // Of the history's 25,000 events a domain takes some 65, and a retry three (scheduled, started, failed).
    expect(domains * 65 + retries * 3).toBeLessThan(25_000);
    // The places are in use nearly all the time.
    expect(seconds).toBeLessThan(1.4 * ((domains * 2 * 300) / quota) + 3_600);
  });

  test.each(['DeployEndpoint', 'RestoreEndpoint', 'RollBackEndpoint'])(
    '%s waits for a quota for about a day',
    (name) => {
      const { IntervalSeconds, BackoffRate, MaxDelaySeconds, MaxAttempts, JitterStrategy } = retryOf(name)!;
      const longest = Array.from({ length: MaxAttempts }, (_, n) =>
        Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** n),
      ).reduce((sum, delay) => sum + delay, 0);

      expect(JitterStrategy).toBe('FULL');
      // Half of it on average.
      expect(longest / 2 / 3600).toBeGreaterThan(20);
      expect(longest / 3600).toBeLessThan(60);
    },
  );
});
