import { createRandom } from '#core/random.ts';
import { undocumented } from '../functions/documented.ts';
import { validImages } from './images.ts';
import { createRequests, type FuzzRequest } from './requests.ts';
import type { Known } from './routes.ts';
import { type FuzzAnswer, send } from './send.ts';

export interface FuzzOptions {
  /** URL of the stage. */
  api: string;
  keys: Record<FuzzRequest['caller'], string>;
  known: Known;
  requests: number;
  seed: number;
  /** Requests at once. */
  clients: number;
  /** Is told now and then how many requests have been sent. */
  onProgress?: (sent: number) => void;
}

export interface FuzzResult {
  /** Answers by route and status; `left` are clients that went before an answer. */
  answers: Record<string, Record<string, number>>;
  /** What must not be, at most twenty. */
  problems: string[];
  /** Ids of requests that were answered 5xx, at most twenty: the logs say why. */
  failed: string[];
}

const MOST = 20;
const BETWEEN_REPORTS = 1000;

/** Sends so many requests and looks at every answer. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { api, keys, known, requests, seed, clients } = options;
  const next = createRequests(createRandom('fuzz', seed), { images: await validImages(), known });
  const result: FuzzResult = { answers: {}, problems: [], failed: [] };
  const { answers, problems, failed } = result;
  let begun = 0;
  async function client(): Promise<void> {
    while (begun < requests && problems.length < MOST) {
      const number = begun++;
      if (number > 0 && number % BETWEEN_REPORTS === 0) options.onProgress?.(number);
      const request = next();
      const answer = await send(api, keys, request).catch((error: Error) => error);
      count(answers, request, answer);
      const problem = problemOf(request, answer);
      if (problem !== undefined)
        problems.push(`request ${number}, ${request.method} ${request.path}: ${problem}`);
      const id = failedId(answer);
      if (id !== undefined && failed.length < MOST) failed.push(id);
    }
  }
  await Promise.all(Array.from({ length: clients }, client));
  return result;
}

function count(
  answers: FuzzResult['answers'],
  { operation = 'what there is not', caller }: FuzzRequest,
  answer: FuzzAnswer | Error | undefined,
): void {
  const route = caller === 'slow' ? 'any route, beyond the usage plan' : operation;
  const status = answer instanceof Error ? 'broken' : (answer?.statusCode ?? 'left');
  answers[route] ??= {};
  answers[route][status] = (answers[route][status] ?? 0) + 1;
}

/** Answers by status, over all routes. */
export function totals(answers: FuzzResult['answers']): Record<string, number> {
  const all: Record<string, number> = {};
  for (const ofRoute of Object.values(answers)) {
    for (const [status, times] of Object.entries(ofRoute)) all[status] = (all[status] ?? 0) + times;
  }
  return all;
}

/** What is wrong with an answer; undefined for nothing. */
export function problemOf(
  { operation }: Pick<FuzzRequest, 'operation'>,
  answer: FuzzAnswer | Error | undefined,
): string | undefined {
  if (answer === undefined) return undefined;
  if (answer instanceof Error) return `the connection broke: ${answer.message}`;
  const { statusCode, body } = answer;
  if (statusCode === 500 || statusCode === 502) return `${statusCode}: ${body.slice(0, 300)}`;
  // A path that there is not: API Gateway answers, and the document has no operation for it.
  if (operation === undefined) return [403, 404].includes(statusCode) ? undefined : `${statusCode}`;
  return undocumented(operation, answer);
}

/** The request's id in the answer, of one that says that something failed. */
function failedId(answer: FuzzAnswer | Error | undefined): string | undefined {
  if (answer === undefined || answer instanceof Error || answer.statusCode < 500) return undefined;
  return /"urn:request:([^"]+)"/.exec(answer.body)?.[1];
}
