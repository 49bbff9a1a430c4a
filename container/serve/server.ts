import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { requestType } from '#core/prediction-requests.ts';
import { PROBLEM_TYPE, ProblemError, problemBody } from '#core/problem.ts';
import { parseInvocation } from './parse-invocation.ts';
import type { Predictor } from './predictor.ts';
import { CallerGoneError, createQueue, type Queue } from './queue.ts';
import { readBody } from './request-body.ts';

/**
 * About 100 single images, or one full list of instances: more than a minute's work is refused, not queued.
 */
const QUEUE_LIMIT = 100;
/** SageMaker waits 60 s for an answer, so a request that takes longer to arrive is given up. */
const REQUEST_TIMEOUT_MS = 60_000;

/** A predictor with its queue. */
interface Model {
  predictor: Predictor;
  inTurn: Queue;
}

/** What the container is doing. Told to stop while it loads, it has no model. */
type Phase =
  | { name: 'loading' }
  | { name: 'serving'; model: Model }
  | { name: 'stopping'; model: Model | undefined };

export interface ModelServer {
  server: Server;
  /** From now on `/ping` answers 200. */
  ready(predictor: Predictor): void;
  /** Stops accepting, lets running requests end, and cuts off those that take longer than `limitMs`. */
  drain(limitMs: number): Promise<void>;
}

/**
 * SageMaker's serving contract, `GET /ping` and `POST /invocations`. It can listen before the model is
 * loaded.
 *
 * @param onAnswered called with the predictions of each request that was answered
 */
export function createModelServer(
  log: Logger,
  onAnswered: (answers: readonly PredictionResponse[]) => void = () => {},
): ModelServer {
  let phase: Phase = { name: 'loading' };

  async function answer(request: IncomingMessage, signal: AbortSignal): Promise<object> {
    // Not through URL, which takes the first part of "//ping" for a host, and refuses "//".
    const path = (request.url ?? '/').split('?', 1)[0];
    if (path === '/ping') return ping(request);
    if (path === '/invocations') return invoke(request, signal);
    throw new ProblemError(404, `There is no ${path}: ask GET /ping or POST /invocations`);
  }

  function ping(request: IncomingMessage) {
    allow(request, ['GET', 'HEAD']);
    if (phase.name === 'stopping') throw new ProblemError(503, 'The container is stopping');
    const { backend, served } = loaded(phase).predictor;
    return { status: 'ready', backend, trainingJob: served.trainingJob };
  }

  async function invoke(request: IncomingMessage, signal: AbortSignal) {
    allow(request, ['POST']);
    const { predictor, inTurn } = loaded(phase);
    const type = requestType(request.headers['content-type']);
    const { images, many } = parseInvocation(type, await readBody(request));
    const predictions: PredictionResponse[] = [];
    for (const [index, image] of images.entries()) {
      const prediction = inTurn(() => predictor.predict(image), signal);
      predictions.push(await (many ? prediction.catch(nameInstance(index)) : prediction));
    }
    if (signal.aborted) throw new CallerGoneError();
    onAnswered(predictions);
    return many ? { predictions } : predictions[0]!;
  }

  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const callerGone = new AbortController();
    response.once('close', () => callerGone.abort());
    answer(request, callerGone.signal)
      .then((body) => send(response, 200, { 'content-type': 'application/json' }, body))
      .catch((error: unknown) => sendProblem(response, error));
  });

  function send(response: ServerResponse, status: number, headers: Record<string, string>, body: object) {
    const closing = phase.name === 'stopping' ? { connection: 'close' } : {};
    const text = JSON.stringify(body);
    // Node would send it in chunks otherwise, which costs a second packet.
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text), ...closing });
    response.end(text);
  }

  function sendProblem(response: ServerResponse, error: unknown) {
    if (error instanceof CallerGoneError) return;
    const problem = error instanceof ProblemError ? error : new ProblemError(500, 'The prediction failed');
    // The log has our own failures only; a caller's mistakes are in the answers.
    if (problem !== error) log.error({ err: error }, 'prediction failed');
    const headers = { 'content-type': PROBLEM_TYPE, ...problem.headers };
    send(response, problem.status, headers, problemBody(problem));
  }

  return {
    server,
    ready(predictor) {
      const inTurn = createQueue({ atOnce: predictor.atOnce, limit: QUEUE_LIMIT });
      const name = phase.name === 'stopping' ? 'stopping' : 'serving';
      phase = { name, model: { predictor, inTurn } };
    },
    async drain(limitMs) {
      phase = { name: 'stopping', model: phase.name === 'loading' ? undefined : phase.model };
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const timer = setTimeout(() => server.closeAllConnections(), limitMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** @throws ProblemError 503 while there is no model */
function loaded(phase: Phase): Model {
  if (phase.name !== 'loading' && phase.model !== undefined) return phase.model;
  throw new ProblemError(503, 'The model is still loading', { retryAfterSeconds: 1 });
}

/** Puts the place of an image in its list before the reason why it is refused. */
const nameInstance = (index: number) => (error: unknown) => {
  if (!(error instanceof ProblemError) || error.status !== 400) throw error;
  throw new ProblemError(400, `instances.${index}: ${error.message}`, { headers: error.headers });
};

function allow(request: IncomingMessage, methods: string[]): void {
  if (methods.includes(request.method ?? '')) return;
  throw new ProblemError(405, `${request.method} is not supported here`, {
    headers: { allow: methods.join(', ') },
  });
}
