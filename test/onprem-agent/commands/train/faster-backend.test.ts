import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataSet } from '#model/data/data-set.ts';
import { type TrainingImages, trainingImagesOf } from '#model/data/training-images.ts';
import { networkInput } from '#model/network/input.ts';
import { tryBackends } from '../../../../onprem-agent/commands/train/faster-backend.ts';
import { makeImageFolder } from '../../../fixtures/images.ts';

const options = {
  epochs: 1,
  batchSize: 4,
  seed: 1,
  validationShare: 0.1,
  workers: 1,
  maxSeconds: 1,
  filters: [4],
};
let folder: string;
let data: TrainingImages;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-trial-'));
  await makeImageFolder(folder, { labels: ['apple', 'pear'], perLabel: 8 });
  data = trainingImagesOf(await loadDataSet(folder, networkInput(16)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a trial of backends', () => {
  it('puts the faster one first, whatever their order', async () => {
    const trials = await tryBackends(['cpu', 'wasm'], { data, options }, new AbortController().signal);

    expect(trials.map(({ backend }) => backend)).toEqual(['wasm', 'cpu']);
    expect(trials[0]!.imagesPerSecond).toBeGreaterThan(trials[1]!.imagesPerSecond);
    expect(trials[1]!.imagesPerSecond).toBeGreaterThan(0);
  });

  it('keeps no tensor', async () => {
    const signal = new AbortController().signal;
    await tryBackends(['wasm'], { data, options }, signal);
    const { numTensors } = tf.memory();
    await tryBackends(['wasm'], { data, options }, signal);

    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('ends when it is interrupted', async () => {
    const reason = new Error('Interrupted');

    await expect(tryBackends(['wasm'], { data, options }, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
