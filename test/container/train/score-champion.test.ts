import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { packFolder } from 'local-aws/formats';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { optMl } from '../../../container/opt-ml.ts';
import { scoreChampion } from '../../../container/train/score-champion.ts';
import { runTrainingJob } from '../../../container/train/training-job.ts';
import type { Evaluation } from '../../../core/contracts/evaluation.ts';
import type { ServedModel } from '../../../core/contracts/served-model.ts';
import { type DataSet, loadDataSet } from '../../../model/data/data-set.ts';
import { buildNetwork } from '../../../model/network/build-network.ts';
import { saveModel } from '../../../model/network/files.ts';
import { makeJob } from '../job-fixture.ts';

let master: string;
let before: Evaluation;
let root: string;
let testImages: DataSet;

const run = (folder: string, trainingJob: string) =>
  runTrainingJob({
    paths: optMl(folder),
    trainingJob,
    backend: 'wasm',
    log: pino({ level: 'silent' }),
    metric: () => {},
    signal: new AbortController().signal,
  });
const served = async (folder: string): Promise<ServedModel> =>
  JSON.parse(await readFile(join(folder, 'served-model.json'), 'utf8'));

/** A job's folder whose model was trained before: that model is the champion. */
beforeAll(async () => {
  master = await mkdtemp(join(tmpdir(), 'graft-champion-master-'));
  await makeJob(master, { mode: 'transfer' });
  before = await run(master, 'job-before');
});
afterAll(() => rm(master, { recursive: true, force: true }));
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-champion-job-'));
  await cp(master, root, { recursive: true });
  const { input, labels } = await served(join(root, 'model'));
  testImages = await loadDataSet(join(root, 'input/data/test'), input, { labels });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const archive = () => join(root, 'input/data/champion/model.tar.gz');
/** As SageMaker brings it, after a change to what it consists of. */
async function bring(change: (folder: string) => Promise<unknown> = async () => {}) {
  const folder = join(root, 'champion');
  await cp(join(master, 'model'), folder, { recursive: true });
  await change(folder);
  await packFolder(folder, archive());
}
async function editServed(folder: string, changes: (model: ServedModel) => Partial<ServedModel>) {
  const model = await served(folder);
  await writeFile(join(folder, 'served-model.json'), JSON.stringify({ ...model, ...changes(model) }));
}
const score = () => scoreChampion(optMl(root), testImages, new AbortController().signal);

describe('the transfer job', () => {
  it('scores the champion on the current test images, and the gate finds it in the evaluation', async () => {
    await bring();
    // Not the images that the champion was judged on when it was promoted.
    await rm(join(root, 'input/data/test/apple/0-000.png'));

    const evaluation = await run(root, 'job-now');

    const current = before.rows.filter(({ id }) => id !== 'apple/0-000.png');
    expect(evaluation.champion).toMatchObject({
      trainingJob: 'job-before',
      ...before.general,
      rows: current,
      accuracy: current.filter((row) => row.prediction === row.truth).length / current.length,
    });
    expect(evaluation).not.toHaveProperty('championNotScored');
    expect(evaluation.rows.map(({ id }) => id)).toEqual(current.map(({ id }) => id));
  });

  it('says why it could not, and ends well all the same', async () => {
    await mkdir(join(root, 'input/data/champion'), { recursive: true });
    await writeFile(archive(), 'no archive');

    const evaluation = await run(root, 'job-now');

    expect(evaluation.championNotScored).toMatchObject({
      reason: expect.stringMatching(/model\.tar\.gz cannot be unpacked; caused by: incorrect header check/),
    });
    expect(evaluation).not.toHaveProperty('champion');
  });
});

describe('scoreChampion', () => {
  it('finds nothing where nothing is live', async () => {
    expect(await score()).toEqual({});
  });

  it('leaves no tensors', async () => {
    await bring();
    const tensors = tf.memory().numTensors;

    await score();

    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('compares by name where the champion has its labels in another order', async () => {
    await bring((folder) => editServed(folder, ({ labels }) => ({ labels: labels.toReversed() })));

    const { champion } = await score();

    const swapped = { apple: 'pear', pear: 'apple' } as Record<string, string>;
    expect(champion!.rows.map(({ id, prediction }) => [id, prediction])).toEqual(
      before.rows.map(({ id, prediction }) => [id, swapped[prediction]]),
    );
    expect(champion!.accuracy).toBeCloseTo(1 - before.accuracy);
  });

  it('gives a champion images of the size that it was made for', async () => {
    await bring(async (folder) => {
      const { input, labels } = await served(folder);
      const larger = { ...input, height: 24, width: 24 };
      const network = buildNetwork({ input: larger, labelCount: labels.length, filters: [4, 8], seed: 1 });
      await saveModel(network, folder);
      network.dispose();
      await editServed(folder, () => ({ input: larger }));
    });

    const { champion } = await score();

    expect(champion!.rows.map(({ id, truth }) => [id, truth])).toEqual(
      before.rows.map(({ id, truth }) => [id, truth]),
    );
  });

  it.each<[string, (folder: string) => Promise<unknown>, object]>([
    [
      'other labels',
      (folder) => editServed(folder, () => ({ labels: ['apple', 'plum'] })),
      {
        trainingJob: 'job-before',
        labels: ['apple', 'plum'],
        reason: expect.stringMatching(/added since pear, removed plum/),
      },
    ],
    [
      'no served-model.json',
      (folder) => rm(join(folder, 'served-model.json')),
      { reason: expect.stringMatching(/served-model\.json cannot be read/) },
    ],
    [
      'half of its weights',
      async (folder) => {
        const path = join(folder, 'weights.bin');
        const bytes = await readFile(path);
        await writeFile(path, bytes.subarray(0, bytes.length / 2));
      },
      { trainingJob: 'job-before', reason: expect.stringMatching(/weights\.bin .* describes/) },
    ],
  ])('does not score a champion with %s, and says so', async (_what, change, expected) => {
    await bring(change);

    expect(await score()).toEqual({ championNotScored: expected });
  });

  it('does not score what lies under another name', async () => {
    await bring();
    await copyFile(archive(), join(root, 'input/data/champion/other.tar.gz'));
    await rm(archive());

    expect(await score()).toMatchObject({ championNotScored: { reason: expect.stringContaining('ENOENT') } });
  });
});
