/** What an error of the AWS SDK has besides its name. */
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
/**
 * SageMaker's and CloudWatch's names for a quota that is used up. Errors about request rates have other
 * names.
 */
const limitNames = new Set(['ResourceLimitExceeded', 'LimitExceeded', 'LimitExceededFault']);
const connectionCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Whether a service refused the call because of its request rate. */
export function isThrottled(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const fault = error as ServiceFault;
  return (
    throttlingNames.has(fault.name) ||
    fault.$retryable?.throttling === true ||
    fault.$metadata?.httpStatusCode === 429
  );
}

/** Whether a quota of the account is used up. */
export function isLimitReached(error: unknown): boolean {
  return error instanceof Error && limitNames.has(error.name);
}

/** Whether the same call may succeed later: throttled, failed in the service, or the connection broke. */
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

const missingNames = new Set([
  'ResourceNotFound',
  'ResourceNotFoundException',
  'ExecutionDoesNotExist',
  'NoSuchBucket',
  'NoSuchUpload',
]);

/**
 * Whether a service calls a request invalid. SageMaker and CloudFormation answer so for many reasons, also
 * for a name that does not exist or exists already: only the text tells which.
 */
export function isValidation(error: unknown): error is Error {
  return error instanceof Error && ['ValidationException', 'ValidationError'].includes(error.name);
}

/** Whether a service says that something does not exist. For objects in S3 there is `isNoSuchObject`. */
export function isMissing(error: unknown): error is Error {
  return (
    (error instanceof Error && missingNames.has(error.name)) ||
    (isValidation(error) && /could not find|not found|does not exist/i.test(error.message))
  );
}

/** Whether a service says that something of this name exists already. */
export function isExisting(error: unknown): error is Error {
  return isValidation(error) && /already exist/i.test(error.message);
}
