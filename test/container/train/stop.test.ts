import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { optMl } from '../../../container/opt-ml.ts';
import { writeStopped } from '../../../container/train/stop.ts';

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
