import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { HttpProblem } from './http-problem.ts';
import { mediaType, parseInvocation } from './parse-invocation.ts';
import type { Predictor } from './predictor.ts';
import { CallerGoneError, createQueue } from './queue.ts';
import { readBody } from './request-body.ts';

/** About 100 single images, or one full list of instances: more than a minute's work is refused, not piled up. */
const QUEUE_LIMIT = 100;
/** SageMaker waits 60 s for an answer; a request that has not even arrived by then is given up. */
const REQUEST_TIMEOUT_MS = 60_000;

export interface ModelServer {
  server: Server;
  /** From now on `/ping` answers 200. */
  ready(predictor: Predictor): void;
  /** Stops accepting, lets running requests end, and cuts those off that take longer than `limitMs`. */
  drain(limitMs: number): Promise<void>;
}

/**
 * SageMaker's serving contract: `GET /ping` and `POST /invocations`. It can listen before the model is loaded.
 *
 * @param onAnswered hears what was predicted, request by request
 */
export function createModelServer(
  log: Logger,
  onAnswered: (answers: readonly PredictionResponse[]) => void = () => {},
): ModelServer {
  const inTurn = createQueue(QUEUE_LIMIT);
  let predictor: Predictor | undefined;
  let draining = false;

  async function answer(request: IncomingMessage, gone: AbortSignal): Promise<unknown> {
    // Not through URL, which takes the first part of "//ping" for a host, and refuses "//".
    const path = (request.url ?? '/').split('?', 1)[0];
    if (path === '/ping') return ping(request);
    if (path === '/invocations') return invoke(request, gone);
    throw new HttpProblem(404, `There is no ${path}: ask GET /ping or POST /invocations`);
  }

  function ping(request: IncomingMessage) {
    allow(request, ['GET', 'HEAD']);
    if (draining) throw new HttpProblem(503, 'The container is stopping');
    if (predictor === undefined)
      throw new HttpProblem(503, 'The model is still loading', { 'retry-after': '1' });
    return { status: 'ready', backend: predictor.backend, trainingJob: predictor.served.trainingJob };
  }

  async function invoke(request: IncomingMessage, gone: AbortSignal) {
    allow(request, ['POST']);
    if (predictor === undefined)
      throw new HttpProblem(503, 'The model is still loading', { 'retry-after': '1' });
    const { predict } = predictor;
    const type = mediaType(request.headers['content-type']);
    const { images, many } = parseInvocation(type, await readBody(request));
    const predictions: PredictionResponse[] = [];
    for (const [index, image] of images.entries()) {
      const answer = inTurn(() => predict(image), gone);
      predictions.push(await (many ? answer.catch(nameInstance(index)) : answer));
    }
    if (gone.aborted) throw new CallerGoneError();
    onAnswered(predictions);
    return many ? { predictions } : predictions[0];
  }

  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    answer(request, gone.signal)
      .then((body) => send(response, 200, 'application/json', body))
      .catch((error: unknown) => sendProblem(response, log, error));
  });

  function send(response: ServerResponse, status: number, type: string, body: unknown, headers = {}) {
    response.writeHead(status, {
      'content-type': type,
      ...headers,
      ...(draining ? { connection: 'close' } : {}),
    });
    response.end(JSON.stringify(body));
  }

  function sendProblem(response: ServerResponse, logger: Logger, error: unknown) {
    if (error instanceof CallerGoneError) return;
    const problem = error instanceof HttpProblem ? error : new HttpProblem(500, 'The prediction failed');
    // What a caller did wrong is for the caller alone: our log holds what we have to mend.
    if (problem !== error) logger.error({ err: error }, 'prediction failed');
    const { status, message: detail, headers } = problem;
    send(response, status, 'application/problem+json', { title: TITLES[status], status, detail }, headers);
  }

  return {
    server,
    ready(loaded) {
      predictor = loaded;
    },
    async drain(limitMs) {
      draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const timer = setTimeout(() => server.closeAllConnections(), limitMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Says of which image in a list a refusal speaks. */
const nameInstance = (index: number) => (error: unknown) => {
  if (!(error instanceof HttpProblem) || error.status !== 400) throw error;
  throw new HttpProblem(400, `instances.${index}: ${error.message}`, error.headers);
};

const TITLES: Record<number, string> = {
  400: 'Bad request',
  404: 'Not found',
  405: 'Method not allowed',
  413: 'Too large',
  415: 'Unsupported media type',
  429: 'Too many requests',
  500: 'Model error',
  503: 'Not ready',
};

function allow(request: IncomingMessage, methods: string[]): void {
  if (methods.includes(request.method ?? '')) return;
  throw new HttpProblem(405, `${request.method} is not supported here`, { allow: methods.join(', ') });
}
