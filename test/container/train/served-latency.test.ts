import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servedLatency } from '../../../container/train/served-latency.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { makeServedModel } from '../../model/prediction/served-model-fixture.ts';

const labels = ['apple', 'pear'];
let folder: string;
let images: Buffer[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-latency-'));
  const paths = await makeImageFolder(join(folder, 'images'), { labels, perLabel: 2 });
  images = await Promise.all(paths.map((path) => readFile(path)));
  await makeServedModel(join(folder, 'model'), { labels });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('servedLatency', () => {
  it('asks the saved model over HTTP', async () => {
    const latency = await servedLatency(join(folder, 'model'), images);

    expect(latency.p50).toBeGreaterThan(0);
    expect(latency.p95).toBeGreaterThanOrEqual(latency.p50);
  });

  it('is an error where the saved model does not answer', async () => {
    const damaged = [Buffer.from('no image')];

    await expect(servedLatency(join(folder, 'model'), damaged)).rejects.toMatchObject({
      name: 'TrainingFailed',
      message: expect.stringMatching(/cannot be served: status 400, .*cannot be decoded/),
    });
  });

  it('is an error where the saved model cannot be loaded', async () => {
    await cp(join(folder, 'model'), join(folder, 'broken'), { recursive: true });
    await writeFile(join(folder, 'broken/model.onnx'), 'x');

    await expect(servedLatency(join(folder, 'broken'), images)).rejects.toMatchObject({
      name: 'IntegrityViolation',
    });
  });
});
