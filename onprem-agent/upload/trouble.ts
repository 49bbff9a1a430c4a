import { AwsAccessError } from '../cli/errors.ts';

/** The members of SDK and network errors that are used here. */
interface AnyAwsError extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/**
 * What kind of failure a request met. `network`, `server` and `credentials` can mend themselves, or be mended
 * by a person while the agent waits; `final` cannot.
 */
export type Trouble = 'network' | 'server' | 'credentials' | 'final';

const NETWORK = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENOTFOUND'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'ESOCKETTIMEDOUT'],
]);
const SERVER = new Set([
  ...['InternalError', 'ServiceUnavailable', 'SlowDown', 'OperationAborted', 'RequestTimeout'],
  ...['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException'],
  // The SDK has read the server's time from the refusal and signs the next request with it.
  ...['RequestTimeTooSkewed', 'RequestExpired'],
  // Bytes were garbled or lost on the way.
  ...['BadDigest', 'XAmzContentSHA256Mismatch', 'IncompleteBody'],
]);
const CREDENTIALS = new Set([
  ...['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'InvalidToken'],
  ...['CredentialsProviderError', 'TokenProviderError'],
]);

export function troubleOf(caught: unknown): Trouble {
  if (!(caught instanceof Error)) return 'final';
  // One that has been explained already.
  if (caught instanceof AwsAccessError && caught.cause !== undefined) return troubleOf(caught.cause);
  const error = caught as AnyAwsError;
  if (CREDENTIALS.has(error.name)) return 'credentials';
  if (SERVER.has(error.name)) return 'server';
  const status = error.$metadata?.httpStatusCode;
  if (status !== undefined && (status >= 500 || status === 429 || status === 408)) return 'server';
  if (error.name === 'TimeoutError' || hasNetworkCode(error)) return 'network';
  return 'final';
}

/** Node.js wraps failures of several addresses in an AggregateError; the SDK keeps some in `cause`. */
function hasNetworkCode(error: AnyAwsError): boolean {
  const candidates = [error, error.cause, ...(error instanceof AggregateError ? error.errors : [])];
  return (candidates as (AnyAwsError | undefined)[]).some(
    (one) => one?.code !== undefined && (NETWORK.has(one.code) || one.code.startsWith('HPE_')),
  );
}
