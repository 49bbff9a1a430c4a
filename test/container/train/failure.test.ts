import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { optMl } from '../../../container/opt-ml.ts';
import { failureReason, writeFailure } from '../../../container/train/failure.ts';
import { InvalidInputError } from '../../../core/errors.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'graft-container-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

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
