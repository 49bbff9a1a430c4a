import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  differingSettings,
  findCheckpoint,
  type TrainingCheckpoint,
  writeCheckpoint,
} from '#model/training/training-checkpoints.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-training-checkpoints-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const checkpointAt = (step: number): TrainingCheckpoint => ({
  settings: { epochs: 10, images: 'a', network: null },
  startedAt: '2026-11-28T10:00:00.000Z',
  seconds: 12.5,
  state: {
    step,
    accuracy: 0.5,
    counted: step,
    parts: 2,
    spentMs: 1,
    waitedMs: 0.25,
    bestLoss: 0.7,
    sinceBest: 2,
  },
  points: [{ step: 1, validationAccuracy: 0.25, validationLoss: 1.5 }],
  values: Float32Array.from([step, -2.25e-20, 3.4e38]),
});
const fileOf = (step: number) => join(folder, `step-00000000${step}.checkpoint`);

describe('checkpoints of a training', () => {
  it('are the last two, of which the newest comes back as it was', async () => {
    for (const step of [1, 2, 3]) await writeCheckpoint(folder, checkpointAt(step));

    expect((await readdir(folder)).sort()).toEqual([
      'step-000000002.checkpoint',
      'step-000000003.checkpoint',
    ]);
    expect(await findCheckpoint(folder, () => {})).toEqual(checkpointAt(3));
  });

  it.each<[string, (bytes: Buffer) => Promise<unknown>]>([
    ['cut short', (bytes) => truncate(fileOf(3), bytes.length - 1)],
    ['empty', () => truncate(fileOf(3), 0)],
    [
      'changed in one bit',
      (bytes) => writeFile(fileOf(3), bytes.with(bytes.length - 40, bytes.at(-40)! ^ 1)),
    ],
  ])('make way for the one before them when they are %s', async (_what, damage) => {
    for (const step of [2, 3]) await writeCheckpoint(folder, checkpointAt(step));
    await damage(await readFile(fileOf(3)));
    const messages: string[] = [];

    const found = await findCheckpoint(folder, (message) => messages.push(message));

    expect(found).toEqual(checkpointAt(2));
    expect(messages).toEqual([expect.stringContaining(`"${fileOf(3)}" cannot be used: it is damaged`)]);
  });

  it('need not be there', async () => {
    expect(await findCheckpoint(join(folder, 'nowhere'), () => {})).toBeUndefined();
  });
});

it('settings that differ are named, those that are new or gone too', () => {
  expect(differingSettings({ a: 1, b: 'x', gone: true }, { a: 2, b: 'x', fresh: 3 })).toEqual([
    { name: 'a', before: 1, now: 2 },
    { name: 'gone', before: true, now: null },
    { name: 'fresh', before: null, now: 3 },
  ]);
});
