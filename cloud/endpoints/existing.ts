import { BusyError, DeploymentFailedError } from '#core/errors.ts';
import { isMissing } from '../aws/failures.ts';

/** For some seconds, parts of SageMaker do not know what another part has just created. */
export const notYet = (cause: Error) =>
  new BusyError(`SageMaker does not know it yet: ${cause.message}`, { cause });

/**
 * The description of what a refused creation says that exists.
 *
 * @throws DeploymentFailedError where it does not exist: then the creation was refused for another reason
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
