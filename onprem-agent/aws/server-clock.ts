import type { S3Client } from '@aws-sdk/client-s3';
import type { STSClient } from '@aws-sdk/client-sts';

/**
 * The time by AWS's clock, taken from its latest answer, refusals included. A model's version is a time, and
 * this machine's clock may be wrong.
 *
 * @returns a function that gives the time, or undefined before the first answer
 */
export function serverClock(client: S3Client | STSClient): () => Date | undefined {
  let date: Date | undefined;
  // The two stacks differ in the types of their requests only, which are passed on as they are.
  (client as S3Client).middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      const read = new Date(headers?.date ?? '');
      if (!Number.isNaN(read.getTime())) date = read;
      return result;
    },
    // Low priority: before the answer is parsed, which throws if it is an error.
    { step: 'deserialize', name: 'graftServerClock', priority: 'low' },
  );
  return () => date;
}
