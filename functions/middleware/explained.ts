import type middy from '@middy/core';
import { isLimitReached, isTransient } from '#cloud/aws/failures.ts';
import { GraftError, LimitReachedError, TransientError } from '#core/errors.ts';

/**
 * Gives errors the form that people and the state machine's `Retry` and `Catch` need. Lambda passes on only
 * an error's name and message, so the hint goes into the message. What may pass by itself gets the name
 * `Transient`; what needs other jobs to end or a higher quota gets `LimitReached`.
 */
export function explained(): middy.MiddlewareObj {
  const explainedOnError: middy.MiddlewareFn = (request) => {
    request.error = explain(request.error);
  };
  return { name: 'explained', onError: explainedOnError };
}

/** The same for one error. */
export function explain(error: unknown): Error {
  if (error instanceof GraftError) {
    if (error.hint === undefined) return error;
    return new GraftError(error.name, `${error.message}. ${error.hint}`, { cause: error });
  }
  if (isLimitReached(error)) {
    const { name, message } = error as Error;
    const raise = 'The state is retried; to speed it up, raise the quota in Service Quotas';
    return new LimitReachedError(`${name}: ${message}. ${raise}`, { cause: error });
  }
  if (isTransient(error)) {
    const { name, message } = error as Error;
    return new TransientError(`${name}: ${message}`, { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}
