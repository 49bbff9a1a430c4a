import { GraftError } from '#core/errors.ts';
import { AwsAccessError } from '../cli/errors.ts';

/** The members of SDK and network errors that are used here. */
interface AnyAwsError extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ECONNRESET',
]);
const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError']);
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired']);
const WRONG_CREDENTIALS = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidClientTokenId',
  'AuthFailure',
]);
const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'AllAccessDisabled', 'Forbidden']);

/**
 * Turns an error of the SDK into one that explains itself, with the original as its cause.
 *
 * @param action what was attempted, for instance `upload to s3://bucket/key`
 * @returns one of our own errors; an error that is already one, or is unknown, is returned unchanged
 */
export function explainAwsError(caught: unknown, action: string): Error {
  const error = caught as AnyAwsError;
  if (!(error instanceof Error) || error instanceof GraftError || error.name === 'AbortError') return error;
  const explain = (message: string, hint: string) => new AwsAccessError(message, { hint, cause: caught });

  if (NO_CREDENTIALS.has(error.name)) {
    return explain(
      `Cannot ${action}: there are no AWS credentials`,
      'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `aws sts get-caller-identity` must work (the local AWS accepts any).',
    );
  }
  if (EXPIRED.has(error.name)) {
    return explain(
      `Cannot ${action}: the AWS credentials have expired`,
      'Log in again, for instance with `aws sso login`.',
    );
  }
  if (WRONG_CREDENTIALS.has(error.name)) {
    return explain(
      `Cannot ${action}: AWS does not know these credentials`,
      'Check AWS_PROFILE and the key; `aws sts get-caller-identity` must work.',
    );
  }
  if (/region is missing/i.test(error.message)) {
    return explain(`Cannot ${action}: no AWS region is set`, 'Add --region, or set AWS_REGION.');
  }
  if (error.name === 'NoSuchBucket') {
    return explain(
      `Cannot ${action}: there is no such bucket`,
      'Check --bucket, or deploy the stack first (`npm run deploy`).',
    );
  }
  if (error.name === 'PermanentRedirect' || error.$metadata?.httpStatusCode === 301) {
    return explain(`Cannot ${action}: the bucket is in another region`, 'Add the --region of the bucket.');
  }
  if (DENIED.has(error.name) || error.$metadata?.httpStatusCode === 403) {
    return explain(
      `Cannot ${action}: access denied`,
      'Ask for the permission, or use a profile that has it (AWS_PROFILE); docs/agent.md lists what is needed.',
    );
  }
  const code = networkCode(error);
  if (code !== undefined) {
    return explain(
      `Cannot ${action}: the endpoint cannot be reached (${code})`,
      'Check the network, and AWS_ENDPOINT_URL or --endpoint-url if one is set; `npm run local` starts the local AWS.',
    );
  }
  return error;
}

/** Node.js wraps failures of several addresses in an AggregateError; the SDK keeps some in `cause`. */
function networkCode(error: AnyAwsError): string | undefined {
  const candidates = [error, error.cause, ...(error instanceof AggregateError ? error.errors : [])];
  for (const candidate of candidates as (AnyAwsError | undefined)[]) {
    if (candidate?.code !== undefined && UNREACHABLE.has(candidate.code)) return candidate.code;
  }
  return error.name === 'TimeoutError' ? 'time-out' : undefined;
}

/** Runs one step against AWS and explains its errors. */
export async function explained<T>(action: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw explainAwsError(error, action);
  }
}
