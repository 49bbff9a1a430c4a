import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { startContainer } from '../container/container.ts';
import { makeServedModel } from '../model/prediction/served-model-fixture.ts';
import { type LoadResult, memoryProblems, problemsOf, runLoad } from './run.ts';

const memory = { least: 100, most: 110 };
const seen = { statuses: { 200: 5 }, milliseconds: [1], sent: 5, memory };
const well: LoadResult = {
  capacity: 10,
  half: seen,
  overload: { ...seen, statuses: { 200: 5, 429: 40, 503: 2 } },
  recoveryMs: 100,
  many: seen,
};

describe('what test:load finds', () => {
  it('is nothing where all is well', () => {
    expect([...problemsOf(well), ...memoryProblems(well)]).toEqual([]);
  });

  it('is every answer that must not be, a slow recovery, and memory that is not flat', () => {
    const bad: LoadResult = {
      ...well,
      half: { ...seen, statuses: { 200: 5, 429: 1 }, memory: { least: 100, most: 130 } },
      overload: { ...seen, statuses: { 0: 3, 500: 1 } },
      recoveryMs: null,
    };

    expect(problemsOf(bad)).toEqual([
      'at ten times the capacity: 3 connections broke',
      'at ten times the capacity: 1 answers of 500',
      'at half capacity: answers of 429',
      'answers take longer than before 5 s after the overload',
    ]);
    expect(memoryProblems(bad)).toEqual(['at half capacity: memory from 100 to 130 MiB']);
  });
});

it('serve answers 200, 429 or 503 under ten times its load, and 200 again afterwards', async () => {
  const root = await mkdtemp(join(tmpdir(), 'graft-load-'));
  await makeServedModel(join(root, 'model'), { labels: ['apple', 'pear'], size: 64 });
  const create = { width: 200, height: 200, channels: 3, background: 'red' } as const;
  const image = await sharp({ create }).jpeg().toBuffer();
  const container = startContainer('serve', root, { GRAFT_THREADS: '1', GRAFT_LOG_LEVEL: 'info' });
  try {
    await container.says('model is warm');
    const line = container.run.stderr.split('\n').find((text) => text.includes('"listening"'))!;
    const target = {
      port: JSON.parse(line).port as number,
      memory: () => {
        const status = readFileSync(`/proc/${container.child.pid}/status`, 'utf8');
        return Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024;
      },
    };
    const options = { image, measureSeconds: 1, halfSeconds: 1, overloadSeconds: 1, predictions: 50 };
    const { overload, recoveryMs, many } = await runLoad(target, options);

    const statuses = Object.keys(overload.statuses).filter((each) => !['200', '429', '503'].includes(each));
    expect(statuses).toEqual([]);
    expect(recoveryMs).not.toBeNull();
    expect(many.statuses).toEqual({ 200: 50 });
    expect(container.child.exitCode).toBeNull();
  } finally {
    container.child.kill('SIGTERM');
    await container.done;
    await rm(root, { recursive: true, force: true });
  }
});
