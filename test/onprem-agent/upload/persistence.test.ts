import { describe, expect, it } from 'vitest';
import { AwsAccessError } from '../../../onprem-agent/cli/errors.ts';
import { type FailedAttempt, Persistence } from '../../../onprem-agent/upload/persistence.ts';
import { troubleOf } from '../../../onprem-agent/upload/trouble.ts';

const error = (name: string, more: object = {}) => Object.assign(new Error(name), { name, ...more });
const network = () => error('Error', { code: 'ECONNRESET' });
const answered = (name: string, httpStatusCode: number) => error(name, { $metadata: { httpStatusCode } });

function persistenceThat(options: { patient: boolean }) {
  const failures: FailedAttempt[] = [];
  const pauses: number[] = [];
  const interruption = new AbortController();
  let recoveries = 0;
  const persistence = new Persistence({
    ...options,
    onFailure: (attempt) => failures.push(attempt),
    onRecovery: () => recoveries++,
    random: () => 0.5,
    pause: async (milliseconds) => pauses.push(milliseconds),
    signal: interruption.signal,
  });
  return { persistence, failures, pauses, interruption, recoveries: () => recoveries };
}
/** Fails with each of these in turn, and then succeeds. */
const failing =
  (...errors: Error[]) =>
  async () => {
    const next = errors.shift();
    if (next !== undefined) throw next;
    return 'done';
  };

describe('what stops a request', () => {
  it.each([
    [network(), 'network'],
    [new AggregateError([error('Error', { code: 'ENETUNREACH' })]), 'network'],
    [error('Error', { cause: error('Error', { code: 'EPIPE' }) }), 'network'],
    [error('Error', { code: 'HPE_INVALID_CONSTANT' }), 'network'],
    [error('TimeoutError'), 'network'],
    [answered('Unknown', 503), 'server'],
    [answered('SlowDown', 503), 'server'],
    [answered('RequestTimeTooSkewed', 403), 'server'],
    [answered('BadDigest', 400), 'server'],
    [answered('ExpiredToken', 400), 'credentials'],
    [error('CredentialsProviderError'), 'credentials'],
    [new AwsAccessError('explained', { hint: '', cause: network() }), 'network'],
    [answered('AccessDenied', 403), 'final'],
    [answered('NoSuchBucket', 404), 'final'],
    [answered('PreconditionFailed', 412), 'final'],
    [new TypeError('a mistake of ours'), 'final'],
    ['no error', 'final'],
  ])('is with %s: %s', (thrown, trouble) => {
    expect(troubleOf(thrown)).toBe(trouble);
  });
});

describe('persistence', () => {
  it('tries again without end, with pauses that grow to a minute', async () => {
    const { persistence, pauses, failures, recoveries } = persistenceThat({ patient: true });
    const errors = Array.from({ length: 1000 }, network);

    expect(await persistence.run('send it', failing(...errors))).toBe('done');

    expect(pauses.slice(0, 9)).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(pauses).toHaveLength(1000);
    expect(failures.at(-1)).toMatchObject({ trouble: 'network', failures: 1000, seconds: 30 });
    expect(failures[0]!.error.message).toBe('Cannot send it: the endpoint cannot be reached (ECONNRESET)');
    expect(recoveries()).toBe(1);
  });

  it('gives up at once what has never worked, unless it is patient', async () => {
    const { persistence, pauses } = persistenceThat({ patient: false });

    await expect(persistence.run('send it', failing(network()))).rejects.toThrow('Error');
    await expect(persistence.run('send it', failing(error('CredentialsProviderError')))).rejects.toThrow();
    expect(pauses).toEqual([]);
    expect(await persistence.run('send it', failing(answered('SlowDown', 503), network()))).toBe('done');
    expect(pauses).toHaveLength(2);
  });

  it('reads credentials again before another attempt', async () => {
    const { persistence } = persistenceThat({ patient: true });
    let renewals = 0;
    const renew = async () => {
      renewals++;
      throw new Error('there are none yet');
    };
    const errors = [answered('ExpiredToken', 400), network(), answered('ExpiredToken', 400)];

    expect(await persistence.run('send it', failing(...errors), renew)).toBe('done');
    expect(renewals).toBe(2);
  });

  it('throws what cannot mend itself as it is, and an interruption', async () => {
    const { persistence, pauses, interruption } = persistenceThat({ patient: true });
    const denied = answered('AccessDenied', 403);

    await expect(persistence.run('send it', failing(denied))).rejects.toBe(denied);
    interruption.abort();
    await expect(persistence.run('send it', failing(network()))).rejects.toThrow('aborted');
    expect(pauses).toEqual([]);
  });
});
