import type middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { readSettings } from '#cloud/aws/settings.ts';
import { requestIdOf } from '../http/request-id.ts';

/** What every answer tells browsers and caches; a route may say otherwise of `cache-control`. */
const SECURITY: Record<string, string> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

/**
 * Adds the request id and the security headers to every answer, and lets one origin's scripts read it where
 * the deployment names one.
 */
export function responseHeaders(): middy.MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  const { apiOrigin } = readSettings('apiOrigin');
  const cors: Record<string, string> =
    apiOrigin === undefined
      ? {}
      : {
          'access-control-allow-origin': apiOrigin,
          'access-control-expose-headers': 'etag,location,retry-after,x-request-id',
          vary: 'origin',
        };
  const addHeaders: middy.MiddlewareFn<APIGatewayProxyEvent, APIGatewayProxyResult> = (request) => {
    const { response } = request;
    if (!response) return;
    const own = { 'x-request-id': requestIdOf(request.event) };
    response.headers = { ...SECURITY, ...cors, ...own, ...response.headers };
  };
  return { name: 'responseHeaders', after: addHeaders, onError: addHeaders };
}
