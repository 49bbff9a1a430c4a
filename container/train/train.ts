/**
 * `<image> train`: one SageMaker training job. Exit code 0 is `Completed`, 1 `Failed` with the failure file's
 * reason, 143 stopped by SIGTERM.
 */
import type { CurvePoint } from '#core/contracts/evaluation.ts';
import { containerEnvironment } from '../environment.ts';
import { createLogger } from '../log.ts';
import { optMl } from '../opt-ml.ts';
import { writeFailure } from './failure.ts';
import { removeResults, STOPPED_EXIT_CODE, writeStopped } from './stop.ts';
import { runTrainingJob } from './training-job.ts';

/** SageMaker kills 120 s after SIGTERM; a job that is stopped should end sooner. */
const STOP_LIMIT_MS = 5_000;

const environment = containerEnvironment();
const paths = optMl(environment.GRAFT_OPT_ML);
const log = createLogger('graft-train', environment.GRAFT_LOG_LEVEL);
const stop = new AbortController();
const curve: CurvePoint[] = [];

process.once('SIGTERM', () => {
  log.warn({ points: curve.length }, 'SIGTERM: stopping');
  writeStopped(paths, curve);
  stop.abort();
  process.exitCode = STOPPED_EXIT_CODE;
  // Ends the process although a step has not looked at the signal yet.
  setTimeout(() => {
    removeResults(paths);
    process.exit(STOPPED_EXIT_CODE);
  }, STOP_LIMIT_MS).unref();
});

try {
  await runTrainingJob({
    paths,
    trainingJob: environment.TRAINING_JOB_NAME,
    backend: environment.GRAFT_BACKEND,
    log,
    metric: (line) => process.stdout.write(`${line}\n`),
    onPoint: (point) => curve.push(point),
    signal: stop.signal,
  });
} catch (error) {
  if (!stop.signal.aborted) {
    writeFailure(paths.failure, error);
    log.error({ err: error }, 'training failed');
    process.exitCode = 1;
  }
}
