import type middy from '@middy/core';
import { log } from '#cloud/aws/log.ts';
import { ProblemError } from '#core/problem.ts';

/** Which promotion a log line belongs to, where the event says so. Never the whole event: it may carry a task token. */
const namesIn = (event: unknown) => {
  const { execution, domain, model, version } = (event ?? {}) as Record<string, unknown>;
  return { execution, domain, model, version };
};

/** One line at the start and one at the end of every call, each with the request's id and the promotion's names. */
export function logged(): middy.MiddlewareObj {
  const loggedBefore: middy.MiddlewareFn = (request) => {
    if (request.context !== undefined) log.addContext(request.context);
    log.resetKeys();
    log.appendKeys(namesIn(request.event));
    log.info('started');
  };
  const loggedAfter: middy.MiddlewareFn = () => {
    log.info('finished');
  };
  const loggedOnError: middy.MiddlewareFn = (request) => {
    const { error } = request;
    // What a caller did wrong is for the caller: an ERROR is what we have to mend.
    if (error instanceof ProblemError && error.status < 500) {
      log.info('refused', { status: error.status, detail: error.message });
    } else {
      log.error('failed', error as Error);
    }
  };
  return { name: 'logged', before: loggedBefore, after: loggedAfter, onError: loggedOnError };
}
