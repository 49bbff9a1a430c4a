import { randomUUID } from 'node:crypto';

/** What Step Functions adds to the answer of every optimised integration. */
export function sdkMetadata(statusCode = 200): Record<string, unknown> {
  const id = randomUUID();
  return {
    SdkHttpMetadata: {
      AllHttpHeaders: { 'x-amzn-RequestId': [id] },
      HttpHeaders: { 'x-amzn-RequestId': id },
      HttpStatusCode: statusCode,
    },
    SdkResponseMetadata: { RequestId: id },
  };
}
