import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { Handle } from '../http/routes.ts';
import { logged } from './logged.ts';
import { madeOnce } from './made-once.ts';
import { problems } from './problems.ts';
import { responseHeaders } from './response-headers.ts';

/**
 * A Lambda handler behind API Gateway: logs, calls one function, answers errors as problems.
 *
 * @param create makes the function from the environment, at the first request
 */
export function api(
  create: () => Handle,
): middy.MiddyfiedHandler<APIGatewayProxyEvent, APIGatewayProxyResult> {
  return middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(responseHeaders())
    .use(logged())
    .use(problems())
    .handler(madeOnce(create));
}
