import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServeMetrics } from '../../../container/serve/metrics.ts';
import { loadPredictor } from '../../../container/serve/predictor.ts';
import { MODEL_FILE } from '../../../core/contracts/manifest.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { makeServedModel } from '../../model/prediction/served-model-fixture.ts';

const labels = ['apple', 'pear'];
let root: string;
let folder: string;
let images: Buffer[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-predictor-'));
  folder = join(root, 'model');
  await makeServedModel(folder, { labels });
  const paths = await makeImageFolder(join(root, 'images'), { labels, perLabel: 5 });
  images = await Promise.all(paths.map((path) => readFile(path)));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('a predictor', () => {
  it('answers alike one by one and in batches, which an image that is none does not disturb', async () => {
    const metrics = createServeMetrics();
    const alone = await loadPredictor(folder, { threads: 1, batchSize: 1 });
    const together = await loadPredictor(folder, { threads: 1, batchSize: 4, metrics });
    try {
      const expected = [];
      for (const image of images) expected.push(await alone.predict(image));
      const bad = together.predict(Buffer.from('none')).catch(({ status }: { status: number }) => status);
      const found = await Promise.all(images.map((image) => together.predict(image)));

      for (const [at, { predictions, outOfDomain, ...rest }] of found.entries()) {
        const one = expected[at]!;
        expect(rest).toEqual({
          unsure: one.unsure,
          domain: one.domain,
          general: one.general,
          trainingJob: one.trainingJob,
        });
        expect(outOfDomain).toBeCloseTo(one.outOfDomain!, 5);
        for (const { label, probability } of predictions) {
          const same = one.predictions.find((each) => each.label === label)!;
          expect(probability).toBeCloseTo(same.probability, 5);
        }
      }
      expect(await bad).toBe(400);
      expect(together.atOnce).toBe(5);
      const batches = /graft_batch_images_count (\d+)/.exec(metrics.text())![1];
      expect(Number(batches)).toBeLessThan(images.length);
      expect(metrics.text()).toContain(`graft_batch_images_sum ${images.length}\n`);
      expect(metrics.text()).toContain(`graft_decode_seconds_count ${images.length + 1}\n`);
    } finally {
      await Promise.all([alone.close(), together.close()]);
    }
  });

  it('measures by itself which batches pay', async () => {
    const predictor = await loadPredictor(folder, { threads: 1 });
    await predictor.close();

    expect([1, 2, 4, 8]).toContain(predictor.batchSize);
  });

  it('refuses a graph that is not the one that the training job described', async () => {
    const path = join(folder, MODEL_FILE);
    const bytes = await readFile(path);
    // One bit of the last weight: it loads, and might compute almost the same.
    const changed = Buffer.from(bytes);
    changed[changed.length - 1]! ^= 1;
    await writeFile(path, changed);
    try {
      await expect(loadPredictor(folder, { threads: 1 })).rejects.toMatchObject({
        name: 'IntegrityViolation',
        message: expect.stringMatching(/model\.onnx is not the file .*SHA-256/),
      });
    } finally {
      await writeFile(path, bytes);
    }
  });
});
