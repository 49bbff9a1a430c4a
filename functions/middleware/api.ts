import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { logged } from './logged.ts';
import { madeOnce } from './made-once.ts';
import { problems } from './problems.ts';

/**
 * A Lambda handler behind API Gateway: logs, calls one function, answers errors as problems.
 *
 * @param create makes the function from the environment, at the first request
 */
export function api(
  create: () => (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>,
): middy.MiddyfiedHandler<APIGatewayProxyEvent, APIGatewayProxyResult> {
  return middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(logged())
    .use(problems())
    .handler(madeOnce(create));
}
