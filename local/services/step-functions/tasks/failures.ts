import { ServiceError } from '../../../service.ts';
import { StatesError } from '../errors.ts';

/** Codes by which AWS services refuse for want of permission. */
const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'AuthorizationError', 'NotAuthorized']);

/**
 * A refusal of a service as the error of a Task: `Lambda.ResourceNotFoundException`, `S3.NoSuchKeyException`.
 *
 * @param prefix first part of the name
 * @param suffix `aws-sdk` integrations append `Exception` where the code has none
 */
export function toTaskError(error: unknown, prefix: string, suffix = ''): StatesError {
  if (!(error instanceof ServiceError)) {
    return new StatesError(
      `${prefix}.SdkClientException`,
      error instanceof Error ? error.message : String(error),
    );
  }
  const code = error.code.endsWith('Exception') ? error.code : `${error.code}${suffix}`;
  const reason = `${error.message} (Service: ${prefix}, Status Code: ${error.statusCode}, Error Code: ${error.code})`;
  const denied = DENIED.has(error.code) || error.code.startsWith('AccessDenied');
  return new StatesError(`${prefix}.${code}`, reason, denied ? ['States.Permissions'] : []);
}
