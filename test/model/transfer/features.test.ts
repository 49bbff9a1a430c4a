import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Input } from '#core/contracts/common.ts';
import { type DataSet, loadDataSet } from '#model/data/data-set.ts';
import { toTensor } from '#model/data/tensors.ts';
import { buildNetwork, CUT_LAYER } from '#model/network/build-network.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { cutBackbone } from '#model/transfer/backbone.ts';
import type { FeatureRows } from '#model/transfer/feature-rows.ts';
import { featureThreads } from '#model/transfer/feature-threads.ts';
import { extractFeatures } from '#model/transfer/features.ts';
import { makeImageFolder } from '../../fixtures/images.ts';

const input: Input = { height: 16, width: 16, channels: 3, normalisation: { scale: 1 / 127.5, offset: -1 } };
const options = { variants: { perImage: 20, seed: 1 }, memoryBytes: 1e9 };

let folder: string;
let data: DataSet;
let general: tfl.LayersModel;

beforeAll(async () => {
  await useBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'graft-features-'));
  await makeImageFolder(folder, { labels: ['a', 'b'], perLabel: 5 });
  data = await loadDataSet(folder, input);
  general = buildNetwork({ input, labelCount: 7, filters: [8, 16], seed: 3 });
});
afterAll(async () => {
  general.dispose();
  await rm(folder, { recursive: true, force: true });
});

const backbones = () => [cutBackbone(general, CUT_LAYER), cutBackbone(general, 'block1_activation')];
const valuesOf = (features: readonly FeatureRows[]) =>
  features.map((rows) => rows.read(0, rows.rows).slice());

describe('extractFeatures', () => {
  it('gives for every cut layer one row a variant, the first of which is the image itself', async () => {
    const [whole, pooled] = await extractFeatures(backbones(), data, options);

    expect(whole).toMatchObject({ rows: 200, width: 4 * 4 * 16 });
    expect(pooled).toMatchObject({ rows: 200, width: 2 * 2 * 8 });
    const output = tf.tidy(() => {
      const layer = general.layers.findIndex(({ name }) => name === CUT_LAYER);
      let value: tf.Tensor = toTensor(data.gather([3]), input);
      for (const one of general.layers.slice(0, layer + 1)) value = one.apply(value) as tf.Tensor;
      return value.dataSync<'float32'>();
    });
    const row = whole!.read(3 * 20, 3 * 20 + 1);
    for (const [i, value] of output.entries()) expect(row[i]).toBeCloseTo(value, 4);
    expect([...whole!.read(61, 62)]).not.toEqual([...row]);
  });

  it('gives the same on several threads, on disk, and again', async () => {
    const tensors = tf.memory().numTensors;
    const here = await extractFeatures(backbones(), data, options);

    const onThreads = await extractFeatures(backbones(), data, { ...options, threads: 3 });
    const onDisk = await extractFeatures(backbones(), data, { ...options, memoryBytes: 0 });

    expect(onDisk.every((rows) => rows.onDisk)).toBe(true);
    expect(valuesOf(onThreads)).toEqual(valuesOf(here));
    expect(valuesOf(onDisk)).toEqual(valuesOf(here));
    for (const rows of [...here, ...onThreads, ...onDisk]) rows.close();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it.each([1, 2])('stops with the reason of the signal, on %i threads', async (threads) => {
    const tensors = tf.memory().numTensors;
    const controller = new AbortController();
    const slow: DataSet = {
      ...data,
      gather(indices) {
        controller.abort(new Error('asked to stop'));
        return data.gather(indices);
      },
    };

    const extraction = extractFeatures(backbones(), slow, { ...options, threads, signal: controller.signal });

    await expect(extraction).rejects.toThrow('asked to stop');
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('says what went wrong in a thread', async () => {
    const wrong: DataSet = { ...data, gather: (indices) => data.gather(indices).slice(1) };

    await expect(extractFeatures(backbones(), wrong, { ...options, threads: 2 })).rejects.toThrow();
  });

  it('takes threads only where WebAssembly has enough to do', () => {
    expect(featureThreads(100)).toBe(1);
    expect(featureThreads(1_000_000)).toBe(Math.min(8, availableParallelism()));
  });
});
