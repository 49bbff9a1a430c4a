import type { S3Client } from '@aws-sdk/client-s3';

/**
 * The time by S3's clock, taken from its latest answer, refusals included. A model's version is a time, and
 * this machine's clock may be wrong.
 *
 * @returns a function that gives the time, or undefined before the first answer
 */
export function serverClock(s3: S3Client): () => Date | undefined {
  let date: Date | undefined;
  s3.middlewareStack.add(
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
