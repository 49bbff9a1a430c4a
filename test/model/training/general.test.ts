import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRandom } from '#core/random.ts';
import { openTrainingImages, type TrainingImages, trainingImagesOf } from '#model/data/training-images.ts';
import { networkInput } from '#model/network/input.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { trainGeneral } from '#model/training/general.ts';
import type { GeneralTrainingProgress } from '#model/training/general-progress.ts';
import { findCheckpoint } from '#model/training/training-checkpoints.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { backendUnderTest } from '../backend-under-test.ts';

const input = networkInput(16);

/** Four classes that differ in hue, with noise: easy enough to learn in seconds, too hard to guess. */
function colours(perClass: number): TrainingImages {
  const hues = { red: [200, 60, 60], green: [60, 200, 60], blue: [60, 60, 200], grey: [110, 110, 110] };
  const labels = Object.keys(hues);
  const random = createRandom('colours');
  const images = labels.flatMap((label) => {
    const hue = hues[label as keyof typeof hues];
    return Array.from({ length: perClass }, () =>
      Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => hue[i % 3]! + random.between(-50, 50)),
    );
  });
  return trainingImagesOf({
    labels,
    ids: images.map((_, i) => `${labels[Math.floor(i / perClass)]}/${i}.png`),
    classIndices: Int32Array.from(images, (_, i) => Math.floor(i / perClass)),
    input,
    digest: '0'.repeat(64),
    size: images.length,
    damaged: [],
    close: () => {},
    gather: (indices) => Uint8Array.from(Array.from(indices, (i) => [...images[i]!]).flat()),
  });
}

const data = colours(30);
const options = {
  epochs: 12,
  batchSize: 16,
  learningRate: 0.01,
  seed: 1,
  validationShare: 0.2,
  filters: [4, 8],
  workers: 1,
};

/** All weights of a model, which is disposed. */
async function weightsOf(training: ReturnType<typeof trainGeneral>) {
  const { model } = await training;
  const weights = model.getWeights().map((weight) => Array.from(weight.dataSync()));
  model.dispose();
  return weights;
}

beforeAll(async () => {
  await useBackend(backendUnderTest);
});

describe('trainGeneral', () => {
  it('learns to tell classes apart, reports how it goes, and leaves only the model behind', async () => {
    const before = tf.memory().numTensors;
    const reports: GeneralTrainingProgress[] = [];

    const result = await trainGeneral(data, options, { onProgress: (progress) => reports.push(progress) });

    expect(result.metrics.validationAccuracy).toBeGreaterThan(0.9);
    expect(result.metrics.trainingAccuracy).toBeGreaterThan(0.8);
    expect(result.metrics.validationLoss).toBeLessThan(0.7);
    // 120 images, 24 of them held out: 6 batches of 16 make an epoch.
    expect(result).toMatchObject({ epochs: 12, imagesSeen: 12 * 96 });
    expect(reports).toHaveLength(72);
    expect(reports.at(-1)).toMatchObject({ epoch: 12, epochs: 12, step: 72, steps: 72, secondsLeft: 0 });
    expect(reports.every(({ imagesPerSecond }) => imagesPerSecond > 0)).toBe(true);
    result.model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives the same weights for the same seed, and others for another', async () => {
    const short = { ...options, epochs: 1 };
    const first = await weightsOf(trainGeneral(data, short));
    expect(await weightsOf(trainGeneral(data, short))).toEqual(first);
    expect(await weightsOf(trainGeneral(data, { ...short, seed: 2 }))).not.toEqual(first);
  });

  it('trains on two threads, the same way every time', async () => {
    const onTwo = { ...options, workers: 2 };
    const before = tf.memory().numTensors;
    const { model, metrics } = await trainGeneral(data, onTwo);
    expect(metrics.validationAccuracy).toBeGreaterThan(0.9);
    const weights = model.getWeights().map((weight) => Array.from(weight.dataSync()));
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
    const again = await trainGeneral(data, onTwo);
    // Whatever reports came through: the threads' are cut down to a few a second.
    expect(again.metrics).toEqual(metrics);
    expect(await weightsOf(Promise.resolve(again))).toEqual(weights);
  });

  it('says how accurate the last steps were, all of them counted', async () => {
    const steps: number[] = [];

    const { model, metrics } = await trainGeneral(
      data,
      { ...options, epochs: 2 },
      { onProgress: ({ accuracy }) => steps.push(accuracy) },
    );

    expect(steps).toHaveLength(12);
    expect(metrics.trainingAccuracy).toBeCloseTo(steps.at(-1)!, 10);
    model.dispose();
  });

  it.each([
    ['forth', 3_600_000],
    ['back', -60_000],
  ])('neither ends early nor takes less than no time when the clock is put %s', async (_which, step) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const now = Date.now();
    try {
      const { model, seconds, imagesSeen } = await trainGeneral(
        data,
        { ...options, maxSeconds: 1_800 },
        { onProgress: (progress) => void (progress.step === 20 && vi.setSystemTime(now + step)) },
      );
      model.dispose();

      expect(Date.now()).toBe(now + step);
      expect(imagesSeen).toBe(12 * 96);
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThan(1_800);
    } finally {
      vi.useRealTimers();
    }
  });

  it('trains networks whose sizes have no kernels of their own', async () => {
    const { model, metrics } = await trainGeneral(data, { ...options, filters: [5, 6] });
    expect(metrics.validationAccuracy).toBeGreaterThan(0.9);
    model.dispose();
  });

  it('keeps to its time', async () => {
    const { model, seconds, epochs } = await trainGeneral(data, {
      ...options,
      epochs: 100_000,
      maxSeconds: 1.5,
    });
    expect(seconds).toBeLessThan(10);
    expect(epochs).toBeGreaterThan(0);
    model.dispose();
  });

  it.each([1, 2])('ends when it is told to, with %d threads', async (workers) => {
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const reason = new Error('enough');
    const training = trainGeneral(
      data,
      { ...options, workers, epochs: 100_000 },
      { signal: controller.signal, onProgress: () => controller.abort(reason) },
    );
    await expect(training).rejects.toBe(reason);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('needs two images of every class', async () => {
    const training = trainGeneral(colours(1), options);
    await expect(training).rejects.toThrow('"red"');
  });
});

describe('images on disk', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graft-general-'));
    await makeImageFolder(folder, { labels: ['discs', 'squares'], perLabel: 20 });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('give the same weights as from memory, prepared on threads ahead of the steps', async () => {
    const short = { ...options, epochs: 2 };
    const inMemory = await openTrainingImages(folder, input, { memoryBytes: 1e9 });
    const expected = await weightsOf(trainGeneral(inMemory, short));
    const onDisk = await openTrainingImages(folder, input, { memoryBytes: 0 });
    const stalls: number[] = [];

    const training = trainGeneral(onDisk, short, { onProgress: ({ stall }) => stalls.push(stall) });

    expect(await weightsOf(training)).toEqual(expected);
    expect(stalls.every((stall) => stall >= 0 && stall <= 1)).toBe(true);
  });

  it('end the training with the name of the one that is gone', async () => {
    const images = await openTrainingImages(folder, input, { memoryBytes: 0 });
    await rm(join(folder, 'discs', '0-003.png'));
    const before = tf.memory().numTensors;

    await expect(trainGeneral(images, options)).rejects.toThrow(/discs\/0-003\.png could be read before/);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a training that goes on', () => {
  it('counts the time that it has taken before', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'graft-general-'));
    const timed = { ...options, epochs: 100_000, maxSeconds: 1_000 };
    const checkpoints = { folder, everySeconds: 0, settings: {} };
    const stop = new AbortController();
    const first = trainGeneral(
      data,
      { ...timed, checkpoints },
      { signal: stop.signal, onProgress: ({ step }) => void (step === 5 && stop.abort(new Error('enough'))) },
    );
    await expect(first).rejects.toThrow('enough');
    const from = (await findCheckpoint(folder, expect.fail))!;
    const { step } = from.state;

    const { model, imagesSeen, seconds } = await trainGeneral(data, {
      ...timed,
      checkpoints: { ...checkpoints, from: { ...from, seconds: 2_000 } },
    });

    model.dispose();
    expect(imagesSeen).toBe((step + 1) * 16);
    expect(seconds).toBeGreaterThan(2_000);
    await rm(folder, { recursive: true });
  });
});
