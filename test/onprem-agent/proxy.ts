import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  method: string;
  /** Path and query, percent-decoded. */
  path: string;
}

/**
 * Sits between the agent and the local AWS: records every request, and lets a test answer in its place.
 *
 * @param intercept answers (or holds) the request and returns true, or returns false to let it through
 * @param onAnswer is told of what the local AWS answered, also to a client that has gone
 */
export async function startProxy(
  endpoint: string,
  intercept: (
    seen: Seen,
    request: IncomingMessage,
    response: ServerResponse,
  ) => boolean | Promise<boolean> = () => false,
  onAnswer: (seen: Seen, status: number) => void = () => {},
) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const entry = { method: request.method ?? '', path: decodeURIComponent(request.url ?? '') };
    seen.push(entry);
    if (await intercept(entry, request, response)) return;
    const onward = forward(
      new URL(request.url ?? '/', endpoint),
      { method: request.method, headers: request.headers },
      (answer) => {
        onAnswer(entry, answer.statusCode ?? 0);
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    // A client that was killed in the middle of a body sends no end.
    request.on('close', () => request.complete || onward.destroy());
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An S3 error as S3 writes it; HEAD has no body. */
export function s3Error(response: ServerResponse, status: number, code: string): true {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
  return true;
}
