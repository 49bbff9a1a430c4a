import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { GraftError } from '#core/errors.ts';
import { PROBLEM_TYPE, ProblemError, problemBody } from '#core/problem.ts';
import type { Answer } from './routes.ts';

export async function writeAnswer(response: ServerResponse, answer: Answer): Promise<void> {
  if ('events' in answer) return writeEvents(response, answer.events);
  const type = 'json' in answer ? 'application/json' : answer.type;
  const body = 'json' in answer ? JSON.stringify(answer.json) : answer.bytes;
  response.writeHead(200, { 'content-type': type }).end(body);
}

/**
 * Server-sent events, as the HTML standard has them. What fails before the first one is an answer with its
 * status.
 */
async function writeEvents(
  response: ServerResponse,
  events: AsyncIterable<{ event: string; data: unknown }>,
): Promise<void> {
  for await (const { event, data } of events) {
    if (!response.headersSent) response.writeHead(200, { 'content-type': EVENTS_TYPE });
    response.write(eventText(event, data));
  }
  response.end();
}

const EVENTS_TYPE = 'text/event-stream';
const eventText = (event: string, data: unknown) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

const STATUS_OF: Readonly<Record<string, number>> = {
  InvalidInput: 400,
  NotFound: 404,
  NotWaiting: 409,
  AwsAccess: 502,
};

/** The answer to a request that failed. The page shows the message and the hint. */
export function writeProblem(response: ServerResponse, error: unknown): void {
  const known = error instanceof ProblemError ? error : undefined;
  const status = known?.status ?? (error instanceof Error ? (STATUS_OF[error.name] ?? 500) : 500);
  const hint = error instanceof GraftError ? error.hint : undefined;
  const problem = new ProblemError(status, error instanceof Error ? error.message : String(error));
  const body = { ...problemBody(problem), ...(hint === undefined ? {} : { hint }) };
  if (response.headersSent) {
    const isStream = response.getHeader('content-type') === EVENTS_TYPE;
    response.end(isStream ? eventText('problem', body) : undefined);
    return;
  }
  response.writeHead(status, { ...known?.headers, 'content-type': PROBLEM_TYPE });
  response.end(JSON.stringify(body));
}

/** A file of the page, packed where the browser takes that. */
export function writeAsset(
  response: ServerResponse,
  { bytes, type }: { bytes: Uint8Array; type: string },
  acceptEncoding: string | undefined,
): void {
  const packs = /\bgzip\b/.test(acceptEncoding ?? '');
  response.writeHead(200, { 'content-type': type, ...(packs ? { 'content-encoding': 'gzip' } : {}) });
  response.end(packs ? gzipSync(bytes) : bytes);
}
