/** What an AWS SDK error tells beyond its name. */
interface ServiceFault extends Error {
  $fault?: 'client' | 'server';
  $retryable?: { throttling?: boolean };
  $metadata?: { httpStatusCode?: number };
}

const throttlingNames = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'ProvisionedThroughputExceededException',
  'SlowDown',
  'RequestThrottled',
]);
/** SageMaker's name for a quota that is used up, and CloudWatch's. Rates have other names. */
const limitNames = new Set(['ResourceLimitExceeded', 'LimitExceeded', 'LimitExceededFault']);
const connectionCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Whether a service asked us to come more slowly. */
export function isThrottled(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const fault = error as ServiceFault;
  return (
    throttlingNames.has(fault.name) ||
    fault.$retryable?.throttling === true ||
    fault.$metadata?.httpStatusCode === 429
  );
}

/** Whether the account has as many of something as it may have. */
export function isLimitReached(error: unknown): boolean {
  return error instanceof Error && limitNames.has(error.name);
}

/** Whether the same call may succeed later: throttled, failed on the service's side, or cut off on the way. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const fault = error as ServiceFault;
  return (
    isThrottled(error) ||
    fault.name === 'TimeoutError' ||
    fault.name === 'NetworkingError' ||
    connectionCodes.has((error as NodeJS.ErrnoException).code ?? '') ||
    (fault.$metadata?.httpStatusCode ?? 0) >= 500
  );
}
