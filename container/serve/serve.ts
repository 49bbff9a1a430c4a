/**
 * `<image> serve`: serves the model in `/opt/ml/model` behind SageMaker's HTTP contract. It listens at once
 * and answers `/ping` with 503 until the model is loaded and warm. SIGTERM drains and exits with 0.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { containerEnvironment } from '../environment.ts';
import { createLogger } from '../log.ts';
import { optMl } from '../opt-ml.ts';
import { createServeMetrics } from './metrics.ts';
import { confidenceLine } from './prediction-metrics.ts';
import { loadPredictor, type Predictor } from './predictor.ts';
import { createModelServer } from './server.ts';

/** SageMaker kills 30 s after SIGTERM. */
const DRAIN_LIMIT_MS = 25_000;
/** For the answers to requests that failed with a thread. */
const FAILURE_LIMIT_MS = 1_000;

const environment = containerEnvironment();
const log = createLogger('graft-serve', environment.GRAFT_LOG_LEVEL);
const metrics = createServeMetrics();
const { server, ready, drain } = createModelServer(log, {
  metrics,
  onAnswered(answers, inferenceId) {
    process.stdout.write(`${confidenceLine(answers, Date.now(), inferenceId)}\n`);
  },
});

let predictor: Predictor | undefined;

/** The threads end first: a thread that computes while its process ends makes ONNX Runtime abort it. */
async function end(code: number, drainLimitMs: number) {
  await drain(drainLimitMs);
  await predictor?.close();
  process.exit(code);
}

process.once('SIGTERM', () => {
  log.info('SIGTERM: draining');
  void end(0, DRAIN_LIMIT_MS);
});

try {
  server.listen(environment.GRAFT_PORT, environment.GRAFT_HOST);
  await once(server, 'listening');
  log.info({ port: (server.address() as AddressInfo).port }, 'listening');
  predictor = await loadPredictor(optMl(environment.GRAFT_OPT_ML).model, {
    threads: environment.GRAFT_THREADS,
    batchSize: environment.GRAFT_BATCH,
    metrics,
  });
  ready(predictor);
  const { backend, threads, batchSize, served } = predictor;
  log.info({ backend, threads, batchSize, trainingJob: served.trainingJob }, 'model is warm');
  // SageMaker starts another container in place of one that has ended.
  predictor.failure.then((error) => {
    log.fatal({ err: error }, 'a thread has died');
    void end(1, FAILURE_LIMIT_MS);
  });
} catch (error) {
  log.fatal({ err: error }, 'the model cannot be served');
  process.exit(1);
}
