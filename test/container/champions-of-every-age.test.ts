import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packFolder } from 'local-aws/formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { optMl } from '../../container/opt-ml.ts';
import { loadPredictor } from '../../container/serve/predictor.ts';
import { scoreChampion } from '../../container/train/score-champion.ts';
import { SERVED_SCHEMA_VERSION } from '../../core/contracts/served-model.ts';
import type { LabelledFiles } from '../../model/data/labelled-files.ts';
import { makeImageFolder } from '../fixtures/images.ts';

/**
 * Served models as each version of Graft wrote them, in folders that begin with the number of their form.
 * They are kept as they are: a change of the form gets a new one beside them.
 */
const folder = join(import.meta.dirname, '..', 'fixtures', 'served-models');
const served = ['2', '2-without-digest'];
const refused = ['1'];

const labels = ['apple', 'pear'];
let root: string;
let testImages: LabelledFiles;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-ages-'));
  const paths = await makeImageFolder(join(root, 'images'), { labels, perLabel: 2 });
  testImages = {
    labels,
    size: paths.length,
    paths,
    ids: paths.map((path) => path.slice(join(root, 'images').length + 1)),
    classIndices: Int32Array.from(paths, (_, i) => Math.floor(i / 2)),
  };
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Scores it as the champion of a training job, from its archive. */
async function score(name: string) {
  const job = join(root, `job-${name}`);
  await mkdir(join(job, 'input/data/champion'), { recursive: true });
  await packFolder(join(folder, name), join(job, 'input/data/champion/model.tar.gz'));
  return scoreChampion(optMl(job), testImages, new AbortController().signal);
}

describe('a model that was served before an update of Graft', () => {
  it('is kept here in every form that was ever written', async () => {
    const kept = await readdir(folder);

    expect(kept.sort()).toEqual([...refused, ...served].sort());
    for (let form = 1; form <= SERVED_SCHEMA_VERSION; form++) {
      expect(kept.some((name) => name.split('-')[0] === String(form))).toBe(true);
    }
  });

  it.each(served)('is served and scored: %s', async (name) => {
    const predictor = await loadPredictor(join(folder, name), { threads: 1, batchSize: 1 });
    const answer = await predictor.predict(await readFile(testImages.paths[0]!)).finally(predictor.close);
    const { champion, championNotScored } = await score(name);

    expect(answer).toMatchObject({ domain: 'produce', trainingJob: `job-of-form-${name}` });
    expect(championNotScored).toBeUndefined();
    expect(champion).toMatchObject({ trainingJob: `job-of-form-${name}`, rows: { length: 4 } });
  });

  it.each(refused)('is refused with words that say what to do: %s', async (name) => {
    await expect(loadPredictor(join(folder, name), { threads: 1 })).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/schemaVersion: expected 2, found 1: .* another version of Graft/),
      hint: expect.stringMatching(/Promote the domain once with `force`/),
    });
    expect((await score(name)).championNotScored?.reason).toMatch(
      /expected 2, found 1.*Promote the domain once with `force`/,
    );
  });
});
