import { isMissing } from '#cloud/aws/failures.ts';

/** Runs a deletion. It is no error if the thing does not exist any more. */
export async function ignoreMissing(remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
