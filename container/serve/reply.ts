import type { IncomingMessage } from 'node:http';
import { ProblemError } from '#core/problem.ts';

/** A successful answer. */
export interface Reply {
  headers: Record<string, string>;
  body: string | Uint8Array;
}

export const jsonReply = (body: object): Reply => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** A request with what routes need to know of it. */
export interface Asked {
  request: IncomingMessage;
  /** Aborts when the caller has gone. */
  signal: AbortSignal;
}

/** @throws ProblemError 405 */
export function allow(request: IncomingMessage, methods: string[]): void {
  if (methods.includes(request.method ?? '')) return;
  throw new ProblemError(405, `${request.method} is not supported here`, {
    headers: { allow: methods.join(', ') },
  });
}

/** Of `InvokeEndpoint`'s parameter `InferenceId`, by which a caller finds its request in every log. */
export function inferenceIdOf(request: IncomingMessage): string | undefined {
  const value = request.headers['x-amzn-sagemaker-inference-id'];
  return typeof value === 'string' ? value.slice(0, 64) : undefined;
}

/** A part of a path; as it is where its percent signs mean nothing. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
