import type { RestApi } from './apis.ts';

/** What API Gateway itself answers, by response type (developer guide, "Gateway response types"). */
export const GATEWAY_ERRORS = {
  MISSING_AUTHENTICATION_TOKEN: {
    status: 403,
    message: 'Missing Authentication Token',
    type: 'MissingAuthenticationTokenException',
  },
  INVALID_API_KEY: { status: 403, message: 'Forbidden', type: 'ForbiddenException' },
  ACCESS_DENIED: { status: 403, message: 'Forbidden', type: 'ForbiddenException' },
  EXPIRED_TOKEN: {
    status: 403,
    message: 'The security token included in the request is expired',
    type: 'ExpiredTokenException',
  },
  INVALID_SIGNATURE: {
    status: 403,
    message: 'The request signature we calculated does not match the signature you provided.',
    type: 'InvalidSignatureException',
  },
  THROTTLED: { status: 429, message: 'Too Many Requests', type: 'TooManyRequestsException' },
  QUOTA_EXCEEDED: { status: 429, message: 'Limit Exceeded', type: 'LimitExceededException' },
  REQUEST_TOO_LARGE: { status: 413, message: 'Request Too Long', type: 'RequestTooLongException' },
  INTEGRATION_TIMEOUT: {
    status: 504,
    message: 'Endpoint request timed out',
    type: 'InternalServerErrorException',
  },
  /** A function that fails, or answers in the wrong form. */
  BAD_PROXY_RESPONSE: { status: 502, message: 'Internal server error', type: 'InternalServerErrorException' },
  API_CONFIGURATION_ERROR: {
    status: 500,
    message: 'Internal server error',
    type: 'InternalServerErrorException',
  },
} as const;

export type GatewayErrorType = keyof typeof GATEWAY_ERRORS;

export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[]>;
  body: string | Uint8Array;
}

/** The answer of the gateway itself, as the template's `AWS::ApiGateway::GatewayResponse` shapes it. */
export function gatewayError(type: GatewayErrorType, requestId: string, api?: RestApi): HttpAnswer {
  const error = GATEWAY_ERRORS[type];
  // A failing function is no response type of its own.
  const configured = type === 'BAD_PROXY_RESPONSE' ? undefined : api?.gatewayResponses.get(type);
  const byDefault = api?.gatewayResponses.get(error.status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
  const response = configured ?? byDefault;
  const template = response?.template ?? '{"message":$context.error.messageString}';
  const values: Record<string, string> = {
    'error.messageString': JSON.stringify(error.message),
    'error.message': error.message,
    'error.responseType': type,
    requestId,
  };
  return {
    status: configured?.statusCode ?? byDefault?.statusCode ?? error.status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-errortype': error.type,
      ...response?.headers,
    },
    body: template.replace(
      /\$context\.([A-Za-z]+(?:\.[A-Za-z]+)?)/g,
      (found, name: string) => values[name] ?? found,
    ),
  };
}
