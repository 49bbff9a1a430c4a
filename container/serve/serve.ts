/**
 * `<image> serve`: serves the model in `/opt/ml/model` behind SageMaker's HTTP contract. It listens at once
 * and answers `/ping` with 503 until the model is loaded and warm. SIGTERM drains and exits with 0.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { containerEnvironment } from '../environment.ts';
import { createLogger } from '../log.ts';
import { optMl } from '../opt-ml.ts';
import { createManyModels } from './many-models.ts';
import { createServeMetrics } from './metrics.ts';
import { memoryForModels } from './model-memory.ts';
import { confidenceLine } from './prediction-metrics.ts';
import { loadPredictor } from './predictor.ts';
import { createModelServer } from './server.ts';

/** SageMaker kills 30 s after SIGTERM. */
const DRAIN_LIMIT_MS = 25_000;
/** For the answers to requests that failed with a thread. */
const FAILURE_LIMIT_MS = 1_000;

const environment = containerEnvironment();
const log = createLogger('graft-serve', environment.GRAFT_LOG_LEVEL);
const paths = optMl(environment.GRAFT_OPT_ML);
const metrics = createServeMetrics();
const { server, ready, readyForMany, invoke, drain } = createModelServer(log, {
  metrics,
  batch: environment.SAGEMAKER_BATCH === 'true',
  onAnswered(answers, inferenceId) {
    process.stdout.write(`${confidenceLine(answers, Date.now(), inferenceId)}\n`);
  },
});

/** Frees what is loaded. */
let close = async () => {};

/** The threads end first: a thread that computes while its process ends makes ONNX Runtime abort it. */
async function end(code: number, drainLimitMs: number) {
  await drain(drainLimitMs);
  await close();
  process.exit(code);
}

process.once('SIGTERM', () => {
  log.info('SIGTERM: draining');
  void end(0, DRAIN_LIMIT_MS);
});

try {
  server.listen(environment.GRAFT_PORT ?? environment.SAGEMAKER_BIND_TO_PORT ?? 8080, environment.GRAFT_HOST);
  await once(server, 'listening');
  log.info({ port: (server.address() as AddressInfo).port }, 'listening');
  if (environment.SAGEMAKER_MULTI_MODEL === 'true') serveMany();
  else await serveOne();
} catch (error) {
  log.fatal({ err: error }, 'the model cannot be served');
  process.exit(1);
}

async function serveOne(): Promise<void> {
  const predictor = await loadPredictor(paths.model, {
    threads: environment.GRAFT_THREADS,
    batchSize: environment.GRAFT_BATCH,
    metrics,
  });
  close = predictor.close;
  ready(predictor);
  const { backend, threads, batchSize, served } = predictor;
  log.info({ backend, threads, batchSize, trainingJob: served.trainingJob }, 'model is warm');
  // SageMaker starts another container in place of one that has ended.
  predictor.failure.then((error) => {
    log.fatal({ err: error }, 'a thread has died');
    void end(1, FAILURE_LIMIT_MS);
  });
}

/** SageMaker loads models when they are first asked, so the container is ready without any. */
function serveMany(): void {
  const { GRAFT_MODEL_MEMORY: mebibytes, GRAFT_BATCH: batchSize } = environment;
  const memory = mebibytes === undefined ? memoryForModels() : mebibytes * 1024 ** 2;
  const models = createManyModels({ root: paths.models, memory, log, metrics, batchSize, invoke });
  close = models.close;
  readyForMany(models);
  log.info({ memory }, 'ready for models');
}
