import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { containerEnvironment } from '../../container/environment.ts';
import { optMl } from '../../container/opt-ml.ts';
import { failureReason, writeFailure } from '../../container/train/failure.ts';
import { curveLine, testAccuracyLine } from '../../container/train/metrics.ts';
import { writeStopped } from '../../container/train/stop.ts';
import { InvalidInputError } from '../../core/errors.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'graft-container-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const point = (step: number, validationAccuracy: number) => ({
  step,
  trainingAccuracy: 0.8125,
  validationAccuracy,
  validationLoss: 0.61,
});

describe('metric lines', () => {
  it('can be read by the regular expressions of MetricDefinitions', () => {
    const line = curveLine(point(20, 0.75));

    expect(line).toBe(
      'graft:step=20 training_accuracy=0.8125 validation_accuracy=0.7500 validation_loss=0.6100',
    );
    expect(testAccuracyLine(0.7125)).toBe('graft:test_accuracy=0.7125');
  });
});

describe('the failure file', () => {
  it('has message and remedy first', () => {
    const path = optMl(root).failure;

    writeFailure(path, new InvalidInputError('domain.json is not valid', { hint: 'Correct it.' }));

    expect(readFileSync(path, 'utf8')).toBe('domain.json is not valid\nhint: Correct it.');
  });

  it('is never longer than what SageMaker shows', () => {
    const reason = failureReason(new Error('x'.repeat(5000)));

    expect(reason).toHaveLength(1024);
  });
});

describe('a stopped job', () => {
  it('leaves its curve and says how far it came', () => {
    const paths = optMl(root);

    writeStopped(paths, [point(10, 0.5), point(20, 0.75), point(30, 0.7)]);

    expect(readFileSync(paths.failure, 'utf8')).toMatch(
      /SIGTERM.*after step 30; best validation accuracy 0.7500 at step 20/,
    );
    expect(JSON.parse(readFileSync(paths.stopped, 'utf8')).curve).toHaveLength(3);
  });

  it('says so when there was no step yet', () => {
    const paths = optMl(root);

    writeStopped(paths, []);

    expect(readFileSync(paths.failure, 'utf8')).toContain('before the first step');
  });
});

describe('the environment', () => {
  it("has SageMaker's defaults", () => {
    expect(containerEnvironment({})).toEqual({
      GRAFT_OPT_ML: '/opt/ml',
      GRAFT_PORT: 8080,
      GRAFT_HOST: '0.0.0.0',
      GRAFT_LOG_LEVEL: 'info',
      TRAINING_JOB_NAME: 'local',
    });
  });

  it('names every variable that it cannot use', () => {
    expect(() => containerEnvironment({ GRAFT_PORT: 'http', GRAFT_BACKEND: 'abacus' })).toThrow(
      /GRAFT_PORT.*GRAFT_BACKEND/,
    );
  });
});
