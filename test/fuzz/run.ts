import { createRandom } from '#core/random.ts';
import { undocumented } from '../functions/documented.ts';
import { createRequests, type FuzzRequest, validImages } from './requests.ts';
import { type FuzzAnswer, send } from './send.ts';

export interface FuzzOptions {
  /** URL of the stage. */
  api: string;
  key: string;
  requests: number;
  seed: number;
  /** Requests at once. */
  clients: number;
}

export interface FuzzResult {
  /** Answers by status; `left` are clients that went before an answer. */
  statuses: Record<string, number>;
  /** What must not be, at most twenty. */
  problems: string[];
}

/** Sends so many requests and looks at every answer. */
export async function runFuzz({ api, key, requests, seed, clients }: FuzzOptions): Promise<FuzzResult> {
  const next = createRequests(createRandom('fuzz', seed), await validImages());
  const statuses: Record<string, number> = {};
  const problems: string[] = [];
  let begun = 0;
  async function client(): Promise<void> {
    while (begun < requests && problems.length < 20) {
      const number = begun++;
      const request = next();
      const answer = await send(api, key, request).catch((error: Error) => error);
      const status = answer instanceof Error ? 'broken' : (answer?.statusCode ?? 'left');
      statuses[status] = (statuses[status] ?? 0) + 1;
      const problem = problemOf(request, answer);
      if (problem !== undefined)
        problems.push(`request ${number}, ${request.method} ${request.path}: ${problem}`);
    }
  }
  await Promise.all(Array.from({ length: clients }, client));
  return { statuses, problems };
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
