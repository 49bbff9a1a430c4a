import { STATUS_CODES } from 'node:http';
import type { APIGatewayProxyResult } from 'aws-lambda';

/** An answer of the REST API other than success. What `detail` says is shown to the caller. */
export class ProblemError extends Error {
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, detail: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ProblemError';
    this.status = status;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The problem as an answer (RFC 9457). `type` is `about:blank`: the status says what kind of problem it is. */
export function toResponse(problem: ProblemError, instance: string): APIGatewayProxyResult {
  const { status, message: detail, retryAfterSeconds } = problem;
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail, instance }),
  };
}
