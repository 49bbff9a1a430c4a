import type { IncomingMessage } from 'node:http';
import { INSTANCE_BODY_BYTES } from '#core/prediction-requests.ts';
import { ProblemError } from '#core/problem.ts';

/**
 * The whole body. A body above the limit is read to its end but not kept: closing the connection while the
 * client still writes would lose the answer.
 *
 * @throws ProblemError 413 above the limit, 400 when the client hangs up in the middle
 */
export function readBody(request: IncomingMessage, limit = INSTANCE_BODY_BYTES): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = () => {
      chunks.length = 0;
      request.removeAllListeners('data');
      request.resume();
      reject(
        new ProblemError(
          413,
          `The request is larger than ${limit} bytes: send a smaller image, or compress it`,
        ),
      );
    };
    if (Number(request.headers['content-length'] ?? 0) > limit) {
      refuse();
      return;
    }
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) refuse();
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', () =>
      reject(new ProblemError(400, 'The request ended before its body was complete')),
    );
  });
}
