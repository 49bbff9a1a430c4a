import { BusyError, DeploymentFailedError } from '#core/errors.ts';
import { isMissing } from '../aws/failures.ts';

/** For some seconds, a part of SageMaker may not know what another part has just created. */
export const notVisibleYet = (cause: Error) =>
  new BusyError(`SageMaker does not know it yet: ${cause.message}`, { cause });

/**
 * Describes a resource whose creation was refused because it exists.
 *
 * @throws DeploymentFailedError where it does not exist: the creation was refused for another reason then
 */
export async function describeExisting<Description>(
  description: Promise<Description>,
  refusal: Error,
): Promise<Description> {
  try {
    return await description;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new DeploymentFailedError(`SageMaker refused the request: ${refusal.message}`, { cause: refusal });
  }
}
