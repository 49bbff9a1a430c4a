import { isMissing } from '#cloud/aws/failures.ts';

/** Runs a deletion; what is gone already is as good as deleted. */
export async function ifThere(remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
