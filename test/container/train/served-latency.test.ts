import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servedLatency } from '../../../container/train/served-latency.ts';
import { buildNetwork } from '../../../model/network/build-network.ts';
import { saveModel } from '../../../model/network/files.ts';
import { useBackend } from '../../../model/tensorflow/backend.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { labels } from '../job-fixture.ts';

let folder: string;
let images: Buffer[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-latency-'));
  const paths = await makeImageFolder(join(folder, 'images'), { labels, perLabel: 2 });
  images = await Promise.all(paths.map((path) => readFile(path)));
  const input = { height: 16, width: 16, channels: 3 as const, normalisation: { scale: 1, offset: 0 } };
  await useBackend('wasm');
  const network = buildNetwork({ input, labelCount: 2, filters: [4, 8], seed: 1 });
  await saveModel(network, join(folder, 'model'));
  network.dispose();
  const served = { schemaVersion: 1, domain: 'produce', labels, input, trainingJob: 'job' };
  const general = { model: 'shapes', version: '20261123T154200Z-3f2a9c' };
  await writeFile(join(folder, 'model/served-model.json'), JSON.stringify({ ...served, general }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('servedLatency', () => {
  it('asks the saved model over HTTP, and leaves nothing behind', async () => {
    const tensors = tf.memory().numTensors;

    const latency = await servedLatency(join(folder, 'model'), images, 'wasm');

    expect(latency.p50).toBeGreaterThan(0);
    expect(latency.p95).toBeGreaterThanOrEqual(latency.p50);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('is an error where the saved model does not answer', async () => {
    const damaged = [Buffer.from('no image')];

    await expect(servedLatency(join(folder, 'model'), damaged, 'wasm')).rejects.toMatchObject({
      name: 'TrainingFailed',
      message: expect.stringMatching(/cannot be served: status 400, .*cannot be decoded/),
    });
  });

  it('is an error where the saved model cannot be loaded', async () => {
    await cp(join(folder, 'model'), join(folder, 'broken'), { recursive: true });
    await writeFile(join(folder, 'broken/weights.bin'), 'x');

    await expect(servedLatency(join(folder, 'broken'), images, 'wasm')).rejects.toMatchObject({
      name: 'IntegrityViolation',
    });
  });
});
