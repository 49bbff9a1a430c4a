import { Readable } from 'node:stream';
import type { WireAnswer, WireRequest } from './invocation.ts';

/** Services that functions ask, as signatures name them. */
export const services = ['s3', 'sagemaker', 'states', 'sns', 'monitoring'] as const;
export type ServiceName = (typeof services)[number];

/**
 * The service in a signature's scope: `Credential=<key>/<day>/<region>/<service>/aws4_request`. SageMaker's
 * runtime signs as SageMaker.
 */
export const serviceOf = ({ headers }: WireRequest): string =>
  /Credential=[^/]*\/[^/]*\/[^/]*\/([^/]*)\//.exec(
    headers.authorization ?? headers.Authorization ?? '',
  )?.[1] ?? 'unknown';

/** For people: `states SendTaskSuccess`, `s3 PUT /artifacts/…`. */
export function describeRequest(request: WireRequest): string {
  const target = request.headers['x-amz-target'] ?? request.headers['X-Amz-Target'];
  const what = target?.split('.').at(-1) ?? `${request.method} ${request.path}`;
  return `${serviceOf(request)} ${what}`;
}

/** A service's answer when it throttles or fails, in its protocol's form. */
export function refusal(service: string, kind: 'throttled' | 'server-error'): WireAnswer {
  const throttled = kind === 'throttled';
  if (service === 's3') {
    const code = throttled ? 'SlowDown' : 'InternalError';
    return answer(
      throttled ? 503 : 500,
      'application/xml',
      `<Error><Code>${code}</Code><Message>later</Message></Error>`,
    );
  }
  if (service === 'sns') {
    const code = throttled ? 'Throttling' : 'InternalFailure';
    const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>later</Message></Error></ErrorResponse>`;
    return answer(throttled ? 400 : 500, 'text/xml', body);
  }
  const type = throttled ? 'ThrottlingException' : 'InternalFailure';
  const body = JSON.stringify({ __type: type, message: 'later' });
  return answer(throttled ? 400 : 500, 'application/x-amz-json-1.1', body, { 'x-amzn-errortype': type });
}

function answer(statusCode: number, type: string, body: string, headers = {}): WireAnswer {
  return {
    response: {
      statusCode,
      headers: { 'content-type': type, ...headers },
      body: Readable.from([Buffer.from(body)]),
    },
  };
}
