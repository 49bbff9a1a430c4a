import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { type Addressed, readAddress } from './addressed.ts';
import { bucketOfHost } from './virtual-host.ts';

/** A request with everything that its line and headers say, its body not yet read. */
export interface Incoming {
  request: IncomingMessage;
  method: string;
  /** As sent; of a virtual-hosted S3 request with the bucket in front, as in path style. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  address: Addressed;
  id: string;
  /** Tells a client that sent `Expect: 100-continue` to send its body; without effect on others and a second time. */
  letIn(): void;
  /** Whether a client still waits for that. */
  waits(): boolean;
}

export function readIncoming(request: IncomingMessage, response: ServerResponse): Incoming {
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
  const bucket = bucketOfHost(headers.host);
  const address = readAddress(sentPath, query, headers, bucket === undefined ? undefined : 's3');
  const onBucketHost = bucket !== undefined && address.service === 's3';
  let waiting = headers.expect?.toLowerCase() === '100-continue';
  return {
    request,
    method: request.method ?? 'GET',
    path: onBucketHost ? `/${bucket}${sentPath}` : sentPath,
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

/** The body as a stream. A client that waits sends it only when something is read, so after every check before that. */
export function bodyOf(incoming: Incoming): Readable {
  const { request } = incoming;
  if (!incoming.waits()) return request;
  async function* whenAsked() {
    incoming.letIn();
    yield* request.iterator({ destroyOnReturn: false });
  }
  return Readable.from(whenAsked(), { objectMode: false });
}
