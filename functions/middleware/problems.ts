import type middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { PROBLEM_TYPE, ProblemError, problemBody } from '#core/problem.ts';
import { requestIdOf } from '../http/request-id.ts';

/**
 * Answers every error as a problem. Any error but a `ProblemError` is a 500 that shows nothing of its cause.
 */
export function problems(): middy.MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  const problemsOnError: middy.MiddlewareFn<APIGatewayProxyEvent, APIGatewayProxyResult> = (request) => {
    const problem =
      request.error instanceof ProblemError
        ? request.error
        : new ProblemError(500, 'Something went wrong here. The log has the details under this instance');
    const instance = `urn:request:${requestIdOf(request.event)}`;
    request.response = {
      statusCode: problem.status,
      headers: { 'content-type': PROBLEM_TYPE, ...problem.headers },
      body: JSON.stringify(problemBody(problem, instance)),
    };
  };
  return { name: 'problems', onError: problemsOnError };
}
