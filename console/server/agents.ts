import { type AgentStatus, agentStatusSchema } from '#core/contracts/agent-status.ts';
import { GraftError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';
import type { AgentRow } from '../contracts/agents.ts';

/** Where an agent's status comes from. */
export interface Agent {
  name: string;
  status(signal: AbortSignal): Promise<AgentStatus>;
}

/** For so long an agent may take to answer. */
const PATIENCE_MS = 5_000;
/** Bytes of an answer. */
const LIMIT = 4_194_304;

const ANOTHER_VERSION = 'Is it another program, or another version of graft?';

/** Asks a `graft watch` by the address of its health, at `/status`. */
export function agentAt(address: URL): Agent {
  const name = address.href.replace(/\/$/, '');
  const url = new URL('status', address.href.endsWith('/') ? address : `${address.href}/`);
  return {
    name,
    async status(signal) {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
      const text = await answerOf(url, patience).catch((cause: Error) => {
        if (cause instanceof GraftError) throw cause;
        throw new GraftError('AgentUnreachable', `${name} does not answer: ${reasonOf(cause)}`, {
          hint: 'Does `graft watch` run there, and does the tunnel to it?',
          cause,
        });
      });
      return parseJson(agentStatusSchema, text, `What ${url} answers`, ANOTHER_VERSION);
    },
  };
}

/** @throws GraftError for an answer that is no status */
async function answerOf(url: URL, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal });
  if (!response.ok) {
    await response.body?.cancel();
    const message = `${url} answers with status ${response.status}`;
    throw new GraftError('AgentUnreachable', message, { hint: ANOTHER_VERSION });
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.length;
    if (size > LIMIT) throw new GraftError('AgentUnreachable', `${url} answers with more than 4 MiB`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** What stands behind the `fetch failed` of Node. */
function reasonOf(error: Error): string {
  const { cause } = error as { cause?: Error & { code?: string } };
  return error.name === 'TimeoutError'
    ? 'no answer in 5 s'
    : (cause?.code ?? cause?.message ?? error.message);
}

/** Asks all agents at the same time. One that does not answer is no error of the others. */
export function agentRows(agents: readonly Agent[], signal: AbortSignal): Promise<AgentRow[]> {
  return Promise.all(
    agents.map(async ({ name, status }): Promise<AgentRow> => {
      try {
        return { name, status: await status(signal) };
      } catch (error) {
        const { message } = error as Error;
        const hint = error instanceof GraftError && error.hint ? { hint: error.hint } : {};
        return { name, problem: { message, ...hint } };
      }
    }),
  );
}
