import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../service.ts';

/** Higher than every documented limit of requests that do not stream (API Gateway 10 MB, Lambda 6 MB). */
const LARGEST = 32 * 1024 * 1024;

/** Reads a whole body. @throws ServiceError `RequestEntityTooLargeException` */
export function readBody(request: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= LARGEST) chunks.push(chunk);
      else {
        // The rest is read and dropped: closing the connection instead would hide the answer from the client.
        chunks.length = 0;
        reject(new ServiceError('RequestEntityTooLargeException', `the body exceeds ${LARGEST} bytes`, 413));
      }
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
  });
}
