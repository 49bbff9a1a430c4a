import type { S3Client } from '@aws-sdk/client-s3';

/**
 * What time it is by S3's clock, as its latest answer says, a refusal included. This machine's own clock may
 * be wrong, and a model's version is a time.
 *
 * @returns asks for it: undefined before the first answer
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
    // Low: before the answer is taken apart, which ends in an exception where it is an error.
    { step: 'deserialize', name: 'graftServerClock', priority: 'low' },
  );
  return () => date;
}
