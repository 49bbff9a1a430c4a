import type middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { ProblemError, toResponse } from '../http/problem.ts';

/** Turns every error into an answer. What is not a problem we know is a 500 that tells nothing about our inside. */
export function problems(): middy.MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  const problemsOnError: middy.MiddlewareFn<APIGatewayProxyEvent, APIGatewayProxyResult> = (request) => {
    const problem =
      request.error instanceof ProblemError
        ? request.error
        : new ProblemError(500, 'Something went wrong here. The log has the details under this instance');
    const { requestContext } = request.event;
    request.response = toResponse(problem, `urn:request:${requestContext?.requestId ?? 'unknown'}`);
  };
  return { name: 'problems', onError: problemsOnError };
}
