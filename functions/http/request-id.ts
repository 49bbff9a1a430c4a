import type { APIGatewayProxyEvent } from 'aws-lambda';

/** Also fits into SageMaker's `InferenceId`. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * The one id of a request, in every log that it passes and in its answer: the caller's `x-request-id` where
 * that is of letters, digits, dots, hyphens and underscores; otherwise API Gateway's own id.
 */
export function requestIdOf(event: APIGatewayProxyEvent): string {
  const given = headerOf(event, 'x-request-id');
  if (given !== undefined && REQUEST_ID.test(given)) return given;
  return event.requestContext?.requestId ?? 'unknown';
}

/** @param name in lower case */
export function headerOf(event: APIGatewayProxyEvent, name: string): string | undefined {
  return Object.entries(event.headers ?? {}).find(([each]) => each.toLowerCase() === name)?.[1];
}
