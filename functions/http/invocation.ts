import { isThrottled, isValidation } from '#cloud/aws/failures.ts';
import { SERVERLESS_BODY_BYTES } from '#core/prediction-requests.ts';
import { ProblemError } from '#core/problem.ts';
import { shorten } from '#core/shorten.ts';

/** What SageMaker's runtime says beyond an error's name. */
interface InvocationError extends Error {
  OriginalStatusCode?: number;
  OriginalMessage?: string;
}

/** Statuses with which the container refuses a caller's request. */
const passedOn = new Set([400, 413, 415]);

const TOO_MANY = 'Too many requests at once';

/**
 * The problem that an error of `InvokeEndpoint` is for our API's caller; other errors stay as they are.
 *
 * @param sent bytes of the body
 */
export function invocationProblem(error: unknown, sent: number): unknown {
  if (!(error instanceof Error)) return error;
  const cause = error;
  if (isValidation(error) && sent > SERVERLESS_BODY_BYTES) {
    const detail = `The image has ${sent} bytes, and this domain's endpoint takes at most ${SERVERLESS_BODY_BYTES}: send a smaller image`;
    return new ProblemError(413, detail, { cause });
  }
  if (isThrottled(error)) {
    return new ProblemError(429, TOO_MANY, { cause, retryAfterSeconds: 1 });
  }
  switch (error.name) {
    case 'ModelError': {
      const { OriginalStatusCode: status = 500, OriginalMessage: message } = error as InvocationError;
      if (status === 429) return new ProblemError(429, TOO_MANY, { cause, retryAfterSeconds: 1 });
      if (status === 503)
        return new ProblemError(503, 'The model is not ready', { cause, retryAfterSeconds: 5 });
      return passedOn.has(status)
        ? new ProblemError(status, detailOf(message), { cause })
        : new ProblemError(502, 'The model could not answer', { cause });
    }
    case 'InvalidInput':
      return new ProblemError(502, 'The model gave an answer that is no prediction', { cause });
    case 'ModelNotReadyException':
      return new ProblemError(503, 'The model is starting', { cause, retryAfterSeconds: 10 });
    case 'ServiceUnavailable':
    case 'InternalDependencyException':
    case 'InternalFailure':
      return new ProblemError(503, 'The endpoint is not available at the moment', {
        cause,
        retryAfterSeconds: 5,
      });
    case 'AbortError':
    case 'TimeoutError':
      return new ProblemError(504, 'The model did not answer in time', { cause, retryAfterSeconds: 5 });
    default:
      return error;
  }
}

/** The detail of the container's problem, which it writes for the caller. */
function detailOf(message: string | undefined): string {
  try {
    const { detail } = JSON.parse(message ?? '') as { detail?: unknown };
    if (typeof detail === 'string') return shorten(detail, 1000);
  } catch {
    // Not JSON, so it was not written for the caller.
  }
  return 'The model refused the image';
}
