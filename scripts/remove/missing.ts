/** Each service's way to say that something is not there. SageMaker says it in words only. */
const NAMES = new Set([
  'ResourceNotFound',
  'ResourceNotFoundException',
  'ExecutionDoesNotExist',
  'NoSuchBucket',
  'NoSuchUpload',
]);
const WORDS = /could not find|not found|does not exist/i;

/** Runs a deletion; what is gone already is as good as deleted. */
export async function ifThere(remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    const { name, message } = error as Error;
    if (NAMES.has(name) || (name === 'ValidationException' && WORDS.test(message))) return;
    throw error;
  }
}
