import { STATUS_CODES } from 'node:http';

export const PROBLEM_TYPE = 'application/problem+json';

export interface ProblemDetails {
  cause?: unknown;
  headers?: Record<string, string>;
  /** Sent as the header `Retry-After`. */
  retryAfterSeconds?: number;
}

/** An HTTP answer other than success, of the REST API or the container. The caller sees the message. */
export class ProblemError extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, detail: string, details: ProblemDetails = {}) {
    const { cause, headers, retryAfterSeconds } = details;
    super(detail, cause === undefined ? undefined : { cause });
    this.name = 'ProblemError';
    this.status = status;
    this.headers = {
      ...headers,
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    };
  }
}

/**
 * A problem as the body of its answer (RFC 9457). Its `type` is `about:blank`: the status says what kind it
 * is.
 *
 * @param instance URI of this occurrence, where it has one
 */
export function problemBody({ status, message: detail }: ProblemError, instance?: string): object {
  const title = STATUS_CODES[status];
  return { type: 'about:blank', title, status, detail, ...(instance === undefined ? {} : { instance }) };
}
