import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CurvePoint } from '#core/contracts/evaluation.ts';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import { TrainingFailedError } from '#core/errors.ts';
import type { OptMl } from '../opt-ml.ts';
import { writeFailure } from './failure.ts';

/** Exit code of a process that SIGTERM ended (128 + 15), as a shell reports it. */
export const STOPPED_EXIT_CODE = 143;

/**
 * Writes what a job knows when it is stopped: the failure file, and the validation curve so far as
 * `stopped.json`. There is no `evaluation.json`, so the gate cannot take it for a finished job.
 */
export function writeStopped(paths: OptMl, curve: readonly CurvePoint[]): void {
  const last = curve.at(-1);
  const best = curve.reduce<CurvePoint | undefined>(
    (high, point) => (high && high.validationAccuracy >= point.validationAccuracy ? high : point),
    undefined,
  );
  const progress =
    last && best
      ? `after step ${last.step}; best validation accuracy ${best.validationAccuracy.toFixed(4)} at step ${best.step}`
      : 'before the first step';
  writeFailure(
    paths.failure,
    new TrainingFailedError(`Training was stopped (SIGTERM) ${progress}`, {
      hint: 'Raise maxSeconds in the recipe of domain.json if the time limit was the reason.',
    }),
  );
  mkdirSync(paths.outputData, { recursive: true });
  writeFileSync(paths.stopped, JSON.stringify({ schemaVersion: 1, curve }));
}

/**
 * Removes what would make a failed or stopped job look finished. SageMaker packs `/opt/ml/model` of stopped
 * jobs too, and half a model must not become an artifact. The folder itself is a mount and stays.
 */
export function removeResults(paths: OptMl): void {
  for (const path of [
    join(paths.model, 'served-model.json'),
    join(paths.model, MODEL_FILE),
    paths.evaluation,
  ]) {
    rmSync(path, { force: true });
  }
}
