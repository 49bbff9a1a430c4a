import type middy from '@middy/core';
import { isTransient } from '#cloud/failures.ts';
import { GraftError, TransientError } from '#core/errors.ts';

/**
 * Gives errors the form that the state machine's `Retry` and `Catch` and a person need: Lambda passes on an error's name and
 * message only, so the hint goes into the message, and what may pass by itself gets the one name `Transient`.
 */
export function explained(): middy.MiddlewareObj {
  const explainedOnError: middy.MiddlewareFn = (request) => {
    request.error = explain(request.error);
  };
  return { name: 'explained', onError: explainedOnError };
}

/** As `explained` does it, for one error. */
export function explain(error: unknown): Error {
  if (error instanceof GraftError) {
    if (error.hint === undefined) return error;
    return new GraftError(error.name, `${error.message}. ${error.hint}`, { cause: error });
  }
  if (isTransient(error)) {
    const { name, message } = error as Error;
    return new TransientError(`${name}: ${message}`, { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}
