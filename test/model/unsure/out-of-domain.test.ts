import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Input } from '#core/contracts/common.ts';
import { createRandom } from '#core/random.ts';
import { type DataSet, type Images, loadDataSet } from '#model/data/data-set.ts';
import { toTensor } from '#model/data/tensors.ts';
import { evaluate } from '#model/evaluation/evaluate.ts';
import { buildNetwork, CUT_LAYER } from '#model/network/build-network.ts';
import { loadModel, saveModel } from '#model/network/files.ts';
import { predictPixels } from '#model/prediction/predict.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { distanceOf } from '#model/unsure/class-statistics.ts';
import { evaluateUnsure } from '#model/unsure/evaluate-unsure.ts';
import { addOutOfDomain, measureDomain } from '#model/unsure/out-of-domain.ts';
import { makeImageFolder } from '../../fixtures/images.ts';

const input: Input = { height: 16, width: 16, channels: 3, normalisation: { scale: 1 / 127.5, offset: -1 } };
const labels = ['red discs', 'green squares', 'blue crosses'];
const options = { keep: 0.95, augmentation: 4, seed: 1 };

let folder: string;
let train: DataSet;
let test: DataSet;
let noise: Images;
let model: tfl.LayersModel;

beforeAll(async () => {
  await useBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'graft-unsure-'));
  await makeImageFolder(join(folder, 'train'), { labels, perLabel: 8, seed: 1 });
  await makeImageFolder(join(folder, 'test'), { labels, perLabel: 20, seed: 2 });
  train = await loadDataSet(join(folder, 'train'), input, { labels });
  test = await loadDataSet(join(folder, 'test'), input, { labels });
  noise = imagesOfNoise(12);
  // The network's weights are random: these tests are about its features, not about its answers.
  model = buildNetwork({ input, labelCount: labels.length, filters: [8, 16], seed: 3 });
});
afterAll(async () => {
  model.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** No shape, no even colour. */
function imagesOfNoise(size: number): Images {
  const random = createRandom('noise');
  const each = 16 * 16 * 3;
  const pixels = Uint8Array.from({ length: size * each }, () => random.between(0, 256));
  return {
    ids: Array.from({ length: size }, (_, i) => `${i}.png`),
    input,
    digest: '0'.repeat(64),
    size,
    damaged: [],
    gather: (indices) => pixels.slice(indices[0]! * each, (indices[0]! + indices.length) * each),
    close() {},
  };
}

const everything = (data: Images) => data.gather(Array.from({ length: data.size }, (_, i) => i));

describe('addOutOfDomain', () => {
  it('adds how far out an image is and leaves the probabilities as they are', async () => {
    const { probabilities: before } = await predictPixels(model, everything(test), input);

    const { model: both, heldOut } = await addOutOfDomain(model, train, options);

    const { probabilities, outOfDomain } = await predictPixels(both, everything(test), input);
    expect(heldOut).toBe(train.size);
    expect(probabilities).toEqual(before);
    expect(outOfDomain).toHaveLength(test.size);
    for (const score of outOfDomain!) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
    }
    both.dispose();
    expect((await predictPixels(model, everything(test), input)).probabilities).toEqual(before);
  });

  it('computes in the network what the statistics say', async () => {
    const { statistics, threshold, spread } = await measureDomain(model, train, options);
    const { model: both } = await addOutOfDomain(model, train, options);
    const backbone = tfl.model({ inputs: model.inputs, outputs: model.getLayer(CUT_LAYER).output });
    const features = tf.tidy(() =>
      (backbone.predict(toTensor(everything(test), input)) as tf.Tensor2D).arraySync(),
    );

    const { outOfDomain } = await predictPixels(both, everything(test), input);

    for (const [i, row] of features.entries()) {
      const beyond = (distanceOf(statistics, Float32Array.from(row)) - threshold) / spread;
      expect(Math.log(outOfDomain![i]! / (1 - outOfDomain![i]!))).toBeCloseTo(beyond, 2);
    }
    both.dispose();
  });

  it('survives being saved and loaded, by layers that every TensorFlow.js has', async () => {
    const { model: both } = await addOutOfDomain(model, train, options);
    const before = await predictPixels(both, everything(test), input);
    await saveModel(both, join(folder, 'saved'));
    both.dispose();

    const loaded = await loadModel(join(folder, 'saved'));

    expect(await predictPixels(loaded, everything(test), input)).toEqual(before);
    loaded.dispose();
  });

  it('gives the same model for the same seed, and leaves no tensors behind', async () => {
    const outputs = [];
    const tensors = tf.memory().numTensors;
    for (let run = 0; run < 2; run++) {
      const { model: both } = await addOutOfDomain(model, train, options);
      outputs.push(await predictPixels(both, everything(test), input));
      both.dispose();
    }

    expect(outputs[0]).toEqual(outputs[1]);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('catches the fewer, the more of its own images a domain wants to keep', async () => {
    const thresholds = [];
    for (const keep of [0.5, 0.8, 0.95, 1]) {
      thresholds.push((await measureDomain(model, train, { ...options, keep })).threshold);
    }

    expect(thresholds).toEqual(thresholds.toSorted((a, b) => a - b));
    expect(new Set(thresholds).size).toBeGreaterThan(2);
  });

  it('manages with two images of a class', async () => {
    await makeImageFolder(join(folder, 'few'), { labels, perLabel: 2, seed: 5 });
    const few = await loadDataSet(join(folder, 'few'), input, { labels });

    const { threshold, heldOut } = await measureDomain(model, few, options);

    expect(heldOut).toBe(6);
    expect(Number.isFinite(threshold)).toBe(true);
  });

  it('stops when it is told to', async () => {
    const tensors = tf.memory().numTensors;

    await expect(
      addOutOfDomain(model, train, { ...options, signal: AbortSignal.abort(new Error('stop')) }),
    ).rejects.toThrow('stop');
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe('evaluateUnsure', () => {
  const measure = async (other: Images | undefined) => {
    const { model: both, heldOut } = await addOutOfDomain(model, train, options);
    const { rows } = await evaluate(both, test);
    const unsure = await evaluateUnsure(both, { rows, other, keep: options.keep, heldOut });
    both.dispose();
    return { rows, unsure };
  };

  it('tells noise from the images of the domain', async () => {
    const { rows, unsure } = await measure(noise);

    const inside = rows.map((row) => row.outOfDomain!);
    expect(unsure.falseAlarms).toBe(inside.filter((score) => score > 0.5).length / test.size);
    expect(unsure.falseAlarms).toBeLessThan(0.3);
    expect(unsure).toMatchObject({ keep: 0.95, threshold: 0.5, heldOut: 24 });
    expect(unsure.other).toMatchObject({ images: 12, auroc: 1, caught: 1, digest: noise.digest });
    expect(unsure.other!.rows.map(({ id }) => id)).toEqual(noise.ids);
  });

  it('says nothing about other images where there are none, and leaves no tensors behind', async () => {
    const tensors = tf.memory().numTensors;

    const { unsure } = await measure(undefined);

    expect(unsure).not.toHaveProperty('other');
    expect(unsure.falseAlarms).toBeLessThan(0.3);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
