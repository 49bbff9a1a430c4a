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
  const reason = `${error.message} (Service: ${prefix}, Status Code: ${error.statusCode}, Error Code: ${error.code})`;
  // AWS's SDK knows no exception of its own for this; it shows the service's general one.
  if (DENIED.has(error.code)) {
    const general = prefix === 'Lambda' ? 'AWSLambda' : prefix;
    return new StatesError(`${prefix}.${general}Exception`, reason, ['States.Permissions']);
  }
  const code = error.code.endsWith('Exception') ? error.code : `${error.code}${suffix}`;
  return new StatesError(`${prefix}.${code}`, reason);
}
