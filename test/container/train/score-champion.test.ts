import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packFolder } from 'local-aws/formats';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { optMl } from '../../../container/opt-ml.ts';
import { scoreChampion } from '../../../container/train/score-champion.ts';
import type { ServedModel } from '../../../core/contracts/served-model.ts';
import type { LabelledFiles } from '../../../model/data/labelled-files.ts';
import { openServedModel } from '../../../model/prediction/served-model.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { makeServedModel } from '../../model/prediction/served-model-fixture.ts';

const labels = ['apple', 'pear'];
let master: string;
let root: string;
let testImages: LabelledFiles;
/** What the champion says about each test image. */
let predicted: { label: string; probability: number }[];

beforeAll(async () => {
  master = await mkdtemp(join(tmpdir(), 'graft-champion-master-'));
  await makeServedModel(join(master, 'model'), { labels, trainingJob: 'job-before' });
  const paths = await makeImageFolder(join(master, 'images'), { labels, perLabel: 4, style: 'noisy' });
  testImages = {
    labels,
    size: paths.length,
    paths,
    ids: paths.map((path) => path.slice(join(master, 'images').length + 1)),
    classIndices: Int32Array.from(paths, (_, i) => Math.floor(i / 4)),
  };
  predicted = await predictions(join(master, 'model'));
});
afterAll(() => rm(master, { recursive: true, force: true }));
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-champion-job-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function predictions(folder: string) {
  const model = await openServedModel(folder, 1);
  try {
    const answers = await Promise.all(testImages.paths.map((image) => model.predict({ image })));
    return answers.map((answer) => answer.predictions[0]!);
  } finally {
    await model.close();
  }
}

const archive = () => join(root, 'input/data/champion/model.tar.gz');
/** As SageMaker brings it, after a change to what it consists of. */
async function bring(change: (folder: string) => Promise<unknown> = async () => {}) {
  const folder = join(root, 'champion');
  await cp(join(master, 'model'), folder, { recursive: true });
  await change(folder);
  await packFolder(folder, archive());
}
async function editServed(folder: string, changes: object) {
  const path = join(folder, 'served-model.json');
  const model: ServedModel = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...model, ...changes }));
}
const score = (signal = new AbortController().signal) => scoreChampion(optMl(root), testImages, signal);

describe('scoreChampion', () => {
  it('finds nothing where nothing is live', async () => {
    expect(await score()).toEqual({});
  });

  it('scores every test image, in their order', async () => {
    await bring();

    const { champion } = await score();

    const truth = testImages.ids.map((id) => id.split('/')[0]);
    const right = predicted.filter(({ label }, i) => label === truth[i]).length;
    expect(champion).toMatchObject({
      trainingJob: 'job-before',
      model: 'shapes',
      version: '20261123T154200Z-3f2a9c',
      accuracy: right / testImages.size,
      rows: testImages.ids.map((id, i) => ({
        id,
        truth: truth[i],
        prediction: predicted[i]!.label,
        confidence: predicted[i]!.probability,
        outOfDomain: expect.any(Number),
      })),
    });
  });

  it('compares by name where the champion has its labels in another order', async () => {
    await bring((folder) => editServed(folder, { labels: labels.toReversed() }));

    const { champion } = await score();

    const swapped = { apple: 'pear', pear: 'apple' } as Record<string, string>;
    expect(champion!.rows.map(({ id, prediction }) => [id, prediction])).toEqual(
      testImages.ids.map((id, i) => [id, swapped[predicted[i]!.label]]),
    );
    expect(champion!.rows.map(({ id, truth }) => id.split('/')[0] === truth)).not.toContain(false);
  });

  it('gives a champion images of the size that it was made for', async () => {
    const larger = await makeServedModel(join(root, 'larger'), { labels, size: 24 });
    await bring((folder) => cp(join(root, 'larger'), folder, { recursive: true }));

    const { champion } = await score();

    const own = await predictions(join(root, 'larger'));
    expect(larger.input.height).toBe(24);
    expect(champion!.rows.map(({ confidence }) => confidence)).toEqual(
      own.map(({ probability }) => probability),
    );
  });

  it('ends with the signal’s reason', async () => {
    await bring();

    await expect(score(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });

  it.each<[string, (folder: string) => Promise<unknown>, object]>([
    [
      'other labels',
      (folder) => editServed(folder, { labels: ['apple', 'plum'] }),
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
      'the form of an earlier version',
      (folder) => editServed(folder, { schemaVersion: 1 }),
      {
        reason: expect.stringMatching(/expected 2, found 1: .*; hint: Promote the domain once with `force`/),
      },
    ],
    [
      'half of its graph',
      async (folder) => {
        const path = join(folder, 'model.onnx');
        const bytes = await readFile(path);
        await writeFile(path, bytes.subarray(0, bytes.length / 2));
      },
      { trainingJob: 'job-before', reason: expect.stringMatching(/model\.onnx is not the file/) },
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
