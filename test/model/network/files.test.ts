import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IntegrityError, NotFoundError } from '#core/errors.ts';
import { buildNetwork } from '#model/network/build-network.ts';
import { loadModel, saveModel } from '#model/network/files.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { backendUnderTest } from '../backend-under-test.ts';

let folder: string;
const parts: { dispose(): unknown }[] = [];

beforeEach(async () => {
  await useBackend(backendUnderTest);
  folder = await mkdtemp(join(tmpdir(), 'graft-files-'));
});
afterEach(async () => {
  for (const part of parts.splice(0)) part.dispose();
  await rm(folder, { recursive: true });
});

const keep = <T extends { dispose(): unknown }>(part: T) => {
  parts.push(part);
  return part;
};

async function savedNetwork() {
  const input = { height: 16, width: 16, channels: 3 } as const;
  const model = keep(buildNetwork({ input, labelCount: 4, filters: [4, 8], seed: 3 }));
  const names = await saveModel(model, join(folder, 'new', 'model'));
  return { model, names, path: join(folder, 'new', 'model') };
}

describe('saveModel and loadModel', () => {
  it('bring back a model that answers the same', async () => {
    const { model, names, path } = await savedNetwork();
    const images = keep(tf.randomUniform([3, 16, 16, 3], -1, 1, 'float32', 5));
    const before = tf.memory().numTensors;

    const loaded = await loadModel(path);

    expect(names).toEqual(['model.json', 'weights.bin']);
    const [expected, actual] = [model, loaded].map((m) => keep(m.predict(images) as tf.Tensor).dataSync());
    expect(actual).toEqual(expected);
    loaded.dispose();
    expect(tf.memory().numTensors).toBe(before + 2);
  });

  it('write what TensorFlow.js itself loads', async () => {
    const { model, path } = await savedNetwork();
    const json = JSON.parse(await readFile(join(path, 'model.json'), 'utf8'));
    const weights = await readFile(join(path, 'weights.bin'));
    const artifacts = {
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest[0].weights,
      weightData: new Uint8Array(weights).buffer,
    };
    const loaded = keep(await tfl.loadLayersModel(tf.io.fromMemory(artifacts)));
    expect(loaded.getWeights().map((weight) => weight.dataSync())).toEqual(
      model.getWeights().map((weight) => weight.dataSync()),
    );
  });

  it.each(['model.json', 'weights.bin'])('name a missing file: %s', async (name) => {
    const { path } = await savedNetwork();
    await rm(join(path, name));
    await expect(loadModel(path)).rejects.toThrow(NotFoundError);
    await expect(loadModel(path)).rejects.toThrow(name);
  });

  it('refuse weights that are cut off', async () => {
    const { path } = await savedNetwork();
    await truncate(join(path, 'weights.bin'), 100);
    await expect(loadModel(path)).rejects.toThrow(/weights\.bin .* has 100 bytes/);
  });

  it.each([
    ['no JSON', '{'],
    ['not a model', '{"weightsManifest": []}'],
    ['null', 'null'],
    ['a file elsewhere', '{"modelTopology": {}, "weightsManifest": [{"paths": ["../x"], "weights": []}]}'],
    ['an unknown topology', '{"modelTopology": {"class_name": "?"}, "weightsManifest": []}'],
  ])('refuse a model.json that is %s', async (_, content) => {
    const { path } = await savedNetwork();
    await writeFile(join(path, 'model.json'), content);
    await expect(loadModel(path)).rejects.toThrow(IntegrityError);
  });
});
