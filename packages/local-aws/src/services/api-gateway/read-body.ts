import type { IncomingMessage } from 'node:http';

/** API Gateway's limit of a request. */
const LARGEST = 10 * 1024 * 1024;
/**
 * A larger body is read to its end and dropped, so that the client reads the response. Beyond this limit the
 * connection is closed.
 */
const LARGEST_DISCARDED = 128 * 1024 * 1024;

/** @returns undefined when the body is over 10 MB */
export async function readBody(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= LARGEST) chunks.push(chunk);
    else chunks.length = 0;
    if (length > LARGEST_DISCARDED) return undefined;
  }
  return length > LARGEST ? undefined : Buffer.concat(chunks);
}
