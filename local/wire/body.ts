import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../service.ts';

/** Above every documented request limit of the emulated services' unstreamed operations (Lambda's 6 MB, SageMaker's 6 MB). */
const LARGEST = 32 * 1024 * 1024;

/** Reads a whole body. @throws ServiceError `RequestEntityTooLargeException` */
export async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST) {
      throw new ServiceError('RequestEntityTooLargeException', `the body exceeds ${LARGEST} bytes`, 413);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
