import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { explainAwsError } from '../aws/explain.ts';
import { type Trouble, troubleOf } from './trouble.ts';

/** Milliseconds: the pauses between attempts grow from the first to the most, with full jitter. */
const PAUSE_MS = { first: 500, most: 60_000 };

/** One failed attempt, after which there will be another. */
export interface FailedAttempt {
  trouble: Trouble;
  /** Explained, for a person. */
  error: Error;
  /** How many attempts have failed one after another. */
  failures: number;
  /** Seconds until the next one. */
  seconds: number;
}

export interface PersistenceOptions {
  /**
   * Whether to try again for ever from the beginning. Otherwise a network or credentials that have never
   * worked since the start are an error: more often a wrong setting than a link that is down.
   */
  patient: boolean;
  onFailure(attempt: FailedAttempt): void;
  /** Called when a request succeeds again after failures. */
  onRecovery(): void;
  signal: AbortSignal;
  /** In [0, 1). */
  random?: () => number;
  /** Waits that many milliseconds. */
  pause?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Runs steps against AWS again and again until they succeed, while what stops them can mend itself: the
 * network, the server, throttling, expired credentials. Pauses have full jitter ("Exponential Backoff And
 * Jitter", AWS Architecture Blog, 2015), so that many agents do not come back at the same moment.
 */
export class Persistence {
  readonly #options: Required<PersistenceOptions>;
  /** Whether any request has been answered. */
  #reached = false;
  /** Steps that failed the last time. */
  readonly #failing = new Set<object>();

  constructor(options: PersistenceOptions) {
    this.#options = {
      random: Math.random,
      pause: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
      ...options,
    };
  }

  /**
   * @param renew called before another attempt where credentials were the trouble
   * @throws the step's own error, unexplained, where another attempt is of no use
   */
  async run<T>(action: string, step: () => Promise<T>, renew?: () => Promise<unknown>): Promise<T> {
    const { signal, onFailure, onRecovery } = this.#options;
    const token = {};
    try {
      for (let failures = 1; ; failures++) {
        signal.throwIfAborted();
        try {
          const result = await step();
          this.#reached = true;
          if (this.#failing.delete(token) && this.#failing.size === 0) onRecovery();
          return result;
        } catch (error) {
          const trouble = this.#judge(error);
          if (trouble === 'final') throw error;
          const milliseconds = this.#pauseOf(failures);
          this.#failing.add(token);
          const seconds = milliseconds / 1000;
          onFailure({ trouble, error: explainAwsError(error, action), failures, seconds });
          await this.#options.pause(milliseconds, signal);
          if (trouble === 'credentials') await renew?.().catch(() => {});
        }
      }
    } finally {
      this.#failing.delete(token);
    }
  }

  #judge(error: unknown): Trouble {
    if (this.#options.signal.aborted) return 'final';
    const trouble = troubleOf(error);
    if (trouble === 'server' || isAnswer(error)) this.#reached = true;
    const mayWait = trouble === 'server' || this.#reached || this.#options.patient;
    return mayWait ? trouble : 'final';
  }

  #pauseOf(failures: number): number {
    const limit = Math.min(PAUSE_MS.most, PAUSE_MS.first * 2 ** Math.min(failures - 1, 20));
    return this.#options.random() * limit;
  }
}

const isAnswer = (error: unknown): boolean => {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode !== undefined;
};

/** What sends S3's commands. */
export type S3 = Pick<S3Client, 'send'>;

/**
 * Sends every command of a client persistently. Only for commands whose body can be sent again: bytes, no
 * streams.
 */
export function persistentS3(s3: S3Client, persistence: Persistence): S3 {
  const send = (command: { constructor: { name: string } }, options?: object) =>
    persistence.run(
      `send ${command.constructor.name.replace(/Command$/, '')}`,
      () => s3.send(command as never, options as never),
      () => renewCredentials(s3),
    );
  return { send: send as S3Client['send'] };
}

/** Reads the credentials again from wherever they come from. */
export async function renewCredentials(s3: S3Client): Promise<void> {
  const provider = s3.config.credentials as (options: { forceRefresh: boolean }) => Promise<unknown>;
  await provider({ forceRefresh: true });
}
