import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { type Addressed, readAddress } from './addressed.ts';
import type { Services } from './services.ts';

/** A request with everything that its line and headers say, its body not yet read. */
export interface Incoming {
  request: IncomingMessage;
  method: string;
  /**
   * As sent. If the host name stands for a path, it begins with that path (virtual-hosted requests of S3).
   */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  address: Addressed;
  id: string;
  /**
   * Tells a client that sent `Expect: 100-continue` to send its body. Does nothing for other clients or a
   * second time.
   */
  letIn(): void;
  /** Whether a client still waits for that. */
  waits(): boolean;
}

export function readIncoming(
  services: Services,
  request: IncomingMessage,
  response: ServerResponse,
): Incoming {
  // Not `new URL`: it would resolve the `..` that an S3 key may contain.
  const target = (request.url ?? '/').replace(/^https?:\/\/[^/]+/, '');
  const mark = target.indexOf('?');
  const sentPath = mark === -1 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1));
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
  const onHost = services.onHost(headers.host);
  const head = { path: sentPath, query, headers };
  const address = readAddress(services, head, onHost?.service.signingName);
  const hostPath = onHost !== undefined && onHost.service.signingName === address.service ? onHost.path : '';
  let waiting = headers.expect?.toLowerCase() === '100-continue';
  return {
    request,
    method: request.method ?? 'GET',
    path: `${hostPath}${sentPath}`,
    query,
    headers,
    address,
    id: randomUUID(),
    letIn() {
      if (waiting) response.writeContinue();
      waiting = false;
    },
    waits: () => waiting,
  };
}

/**
 * The body as a stream. A client that waits for `100-continue` gets it with the first read, after every check
 * before that.
 */
export function bodyOf(incoming: Incoming): Readable {
  const { request } = incoming;
  if (!incoming.waits()) return request;
  async function* whenAsked() {
    incoming.letIn();
    yield* request.iterator({ destroyOnReturn: false });
  }
  return Readable.from(whenAsked(), { objectMode: false });
}
