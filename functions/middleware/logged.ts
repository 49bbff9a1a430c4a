import type middy from '@middy/core';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { log } from '#cloud/aws/log.ts';
import { nameSources } from '#cloud/aws/name-sources.ts';
import { ProblemError } from '#core/problem.ts';
import { requestIdOf } from '../http/request-id.ts';

/**
 * The promotion or request that a log line belongs to. Never the whole event: it may carry a task token or an
 * API key.
 */
const namesIn = (event: unknown) => {
  const { execution, domain, model, version, requestContext } = (event ?? {}) as Record<string, unknown>;
  if (requestContext !== undefined) return { requestId: requestIdOf(event as APIGatewayProxyEvent) };
  return { execution, domain, model, version };
};

/**
 * Logs a line at the start and one at the end of every call, each with the request's id and the promotion's
 * names.
 */
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
    // The caller is told of a caller's mistake; an ERROR is for our own.
    if (error instanceof ProblemError && error.status < 500) {
      log.info('refused', { status: error.status, detail: error.message });
    } else {
      nameSources(error);
      log.error('failed', error as Error);
    }
  };
  return { name: 'logged', before: loggedBefore, after: loggedAfter, onError: loggedOnError };
}
