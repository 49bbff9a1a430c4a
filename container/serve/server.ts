import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { requestType } from '#core/prediction-requests.ts';
import { PROBLEM_TYPE, ProblemError, problemBody } from '#core/problem.ts';
import { executionParameters, problemAsAnswer } from './batch.ts';
import { createServeMetrics, type ServeMetrics } from './metrics.ts';
import { createModel, type Model } from './model.ts';
import { type Models, oneModel } from './models.ts';
import { createOpenInference, openInferenceError } from './open-inference.ts';
import { parseInvocation } from './parse-invocation.ts';
import type { Predictor } from './predictor.ts';
import { METRICS_TYPE } from './prometheus.ts';
import { CallerGoneError } from './queue.ts';
import { type Asked, allow, inferenceIdOf, jsonReply, type Reply } from './reply.ts';
import { readBody } from './request-body.ts';

/** SageMaker waits 60 s for an answer, so a request that takes longer to arrive is given up. */
const REQUEST_TIMEOUT_MS = 60_000;
/**
 * Longer than those in front keep an idle connection, which a load balancer does for 60 s. Node's 5 s let the
 * container close a connection just when a request is written to it, and that request had no answer.
 */
const KEEP_ALIVE_MS = 75_000;

/** What the container is doing. Told to stop while it loads, it has no model. */
type Phase =
  | { name: 'loading' }
  | { name: 'serving'; models: Models }
  | { name: 'stopping'; models: Models | undefined };

/** @param inferenceId as the caller of `InvokeEndpoint` gave it */
export type OnAnswered = (answers: readonly PredictionResponse[], inferenceId: string | undefined) => void;

export interface ServerOptions {
  /** Called with the predictions of each request that was answered. */
  onAnswered?: OnAnswered;
  metrics?: ServeMetrics;
  /** Whether SageMaker runs it for a batch transform. */
  batch?: boolean;
}

export interface ModelServer {
  server: Server;
  /** From now on `/ping` answers 200, and this model is served. */
  ready(predictor: Predictor): void;
  /** The same with the models of a multi-model endpoint. */
  readyForMany(models: Models): void;
  /** Answers one request with a model's predictions. */
  invoke(asked: Asked, model: Model): Promise<Reply>;
  /** Stops accepting, lets running requests end, and cuts off those that take longer than `limitMs`. */
  drain(limitMs: number): Promise<void>;
}

/**
 * SageMaker's serving contract, `GET /ping` and `POST /invocations`, the Open Inference Protocol below `/v2`,
 * and `GET /metrics`. It can listen before the model is loaded.
 */
export function createModelServer(
  log: Logger,
  { onAnswered = () => {}, metrics = createServeMetrics(), batch = false }: ServerOptions = {},
): ModelServer {
  let phase: Phase = { name: 'loading' };
  const openInference = createOpenInference({ ping, find: (name) => loaded(phase).find(name), onAnswered });

  const routes: Record<string, (asked: Asked, path: string) => Reply | Promise<Reply>> = {
    ping: ({ request }) => {
      allow(request, ['GET', 'HEAD']);
      return jsonReply(ping());
    },
    metrics: ({ request }) => {
      allow(request, ['GET', 'HEAD']);
      return { headers: { 'content-type': METRICS_TYPE }, body: metrics.text() };
    },
    invocations(asked) {
      allow(asked.request, ['POST']);
      return invoke(asked, loaded(phase).only());
    },
    'execution-parameters': ({ request }) => {
      allow(request, ['GET', 'HEAD']);
      return executionParameters(loaded(phase).only());
    },
    v2: openInference,
    models: (asked, path) => loaded(phase).manage?.(asked, path) ?? missing(path),
  };

  /** The route and what of the path is left of it. */
  function find(request: IncomingMessage) {
    // Not through URL, which takes the first part of "//ping" for a host, and refuses "//".
    const path = (request.url ?? '/').split('?', 1)[0]!;
    const [, name = ''] = path.split('/', 2);
    const known = Object.hasOwn(routes, name) && (path === `/${name}` || name === 'v2' || name === 'models');
    return { path, name: known ? name : 'other' };
  }

  async function answer(asked: Asked, { path, name }: ReturnType<typeof find>): Promise<Reply> {
    const route = routes[name];
    return route === undefined ? missing(path) : route(asked, path);
  }

  function missing(path: string): never {
    throw new ProblemError(404, `There is no ${path}: ask GET /ping or POST /invocations`);
  }

  function ping() {
    if (phase.name === 'stopping') throw new ProblemError(503, 'The container is stopping');
    return loaded(phase).describe();
  }

  async function invoke({ request, signal }: Asked, model: Model): Promise<Reply> {
    allow(request, ['POST']);
    const type = requestType(request.headers['content-type']);
    // Before the body, which would take memory while too many wait already.
    model.refuseWhenFull();
    const { images, many } = parseInvocation(type, await readBody(request));
    const predictions = await model.predictAll(images, (at) => (many ? `instances.${at}` : ''), signal);
    if (signal.aborted) throw new CallerGoneError();
    onAnswered(predictions, inferenceIdOf(request));
    return jsonReply(many ? { predictions } : predictions[0]!);
  }

  const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS };
  const server = createServer(timeouts, (request, response) => {
    const callerGone = new AbortController();
    response.once('close', () => callerGone.abort());
    const found = find(request);
    const finish = (status: number, reply: Reply) => {
      metrics.requests.add({ route: found.name, status: String(status) });
      send(response, status, reply);
    };
    answer({ request, signal: callerGone.signal }, found)
      .then((reply) => finish(200, reply))
      .catch((error: unknown) => {
        if (error instanceof CallerGoneError) return;
        const problem = problemOf(error, request);
        const answered = batch && found.name === 'invocations' ? problemAsAnswer(problem) : undefined;
        if (answered !== undefined) {
          request.resume();
          return finish(200, answered);
        }
        const reply = found.name === 'v2' ? openInferenceError(problem) : problemReply(problem);
        // A body that was not read would be taken for the next request.
        request.resume();
        finish(problem.status, reply);
      });
  });

  function send(response: ServerResponse, status: number, { headers, body }: Reply) {
    const closing = phase.name === 'stopping' ? { connection: 'close' } : {};
    // Node would send it in chunks otherwise, which costs a second packet.
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), ...closing });
    response.end(body);
  }

  function problemOf(error: unknown, request: IncomingMessage): ProblemError {
    const inferenceId = inferenceIdOf(request);
    if (!(error instanceof ProblemError)) {
      log.error({ err: error, inferenceId }, 'prediction failed');
      return new ProblemError(500, 'The prediction failed');
    }
    const { status, message: detail } = error;
    // What has nothing to do with the request, such as too many of them, is counted, not told one by one.
    if (status < 500 && status !== 429) log.info({ inferenceId, status, detail }, 'refused');
    return error;
  }

  function readyForMany(models: Models) {
    phase = { name: phase.name === 'stopping' ? 'stopping' : 'serving', models };
  }

  return {
    server,
    ready: (predictor) => readyForMany(oneModel(createModel(predictor, metrics))),
    readyForMany,
    invoke,
    async drain(limitMs) {
      phase = { name: 'stopping', models: phase.name === 'loading' ? undefined : phase.models };
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const timer = setTimeout(() => server.closeAllConnections(), limitMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

const problemReply = (problem: ProblemError): Reply => ({
  headers: { 'content-type': PROBLEM_TYPE, ...problem.headers },
  body: JSON.stringify(problemBody(problem)),
});

/** @throws ProblemError 503 while there is no model */
function loaded(phase: Phase): Models {
  if (phase.name !== 'loading' && phase.models !== undefined) return phase.models;
  throw new ProblemError(503, 'The model is still loading', { retryAfterSeconds: 1 });
}
