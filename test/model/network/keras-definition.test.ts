import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '#core/random.ts';
import { buildNetwork, type NetworkName } from '#model/network/build-network.ts';
import { useBackend } from '#model/tensorflow/backend.ts';

const LABELS = 5;

interface Case {
  name: NetworkName;
  size: number;
  width: number;
}

/** ResNet-50 and MobileNetV2 above 64 pixels are those of `keras.applications`. */
const cases: Case[] = [
  { name: 'resnet-18', size: 32, width: 0.25 },
  { name: 'resnet-18', size: 96, width: 0.25 },
  { name: 'resnet-50', size: 32, width: 0.125 },
  { name: 'resnet-50', size: 96, width: 1 },
  { name: 'mobilenet-v2', size: 32, width: 0.35 },
  { name: 'mobilenet-v2', size: 96, width: 0.35 },
  { name: 'mobilenet-v2', size: 75, width: 1.4 },
];

/** What Keras computed for these cases; `bench/peers/keras_networks.py` prints it. */
interface Computed {
  parameters: number;
  /** The first 16 of what the classifier takes. */
  features: number[];
  probabilities: number[];
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const stored = JSON.parse(readFileSync(file('keras-networks.json'), 'utf8')) as Computed[];

const python = process.env.GRAFT_PYTHON ?? 'python3';
const hasKeras =
  spawnSync(python, ['-c', 'import importlib.util as u, sys; sys.exit(u.find_spec("keras") is None)'])
    .status === 0;

beforeAll(() => useBackend('wasm'));

/** With normalisations that do something, as after a training. */
function network({ name, size, width }: Case): tfl.LayersModel {
  const model = buildNetwork({
    name,
    width,
    input: { height: size, width: size },
    labelCount: LABELS,
    seed: 1,
  });
  for (const layer of model.layers) {
    if (layer.getClassName() !== 'BatchNormalization') continue;
    const random = createRandom(layer.name);
    // gamma, beta, mean, variance
    const ranges: [number, number][] = [
      [0.5, 1],
      [-0.2, 0.4],
      [-0.2, 0.2],
      [0.8, 1.6],
    ];
    const drawn = layer.getWeights().map((weight, i) => {
      const values = Float32Array.from({ length: weight.size }, () => random.between(...ranges[i]!));
      return tf.tensor(values, weight.shape);
    });
    layer.setWeights(drawn);
    tf.dispose(drawn);
  }
  return model;
}

function image(size: number): Float32Array {
  const random = createRandom('image');
  return Float32Array.from({ length: size * size * 3 }, () => random.between(-1, 1));
}

function compute(model: tfl.LayersModel, size: number): Computed {
  const outputs = model.layers.slice(-2).map((layer) => layer.output as tfl.SymbolicTensor);
  const both = tfl.model({ inputs: model.inputs, outputs });
  return tf.tidy(() => {
    const tensors = both.predict(tf.tensor4d(image(size), [1, size, size, 3])) as tf.Tensor[];
    const [first, second] = tensors.map((tensor) => [...tensor.dataSync()]) as [number[], number[]];
    return { parameters: model.countParams(), features: first.slice(0, 16), probabilities: second };
  });
}

/** Within 1e-4 of the largest value. */
function expectSame(actual: Computed, expected: Computed) {
  expect(actual.parameters).toBe(expected.parameters);
  for (const what of ['features', 'probabilities'] as const) {
    const largest = Math.max(...expected[what].map(Math.abs));
    const differences = expected[what].map((value, i) => Math.abs(value - actual[what][i]!) / largest);
    expect(differences).toHaveLength(actual[what].length);
    expect(Math.max(...differences)).toBeLessThan(1e-4);
  }
  // Nothing is compared where one label has everything.
  expect(Math.max(...expected.probabilities)).toBeLessThan(0.999);
}

describe('a network with its weights drawn by a seed', () => {
  it.each(cases.map((each, i) => [each, stored[i]!] as const))(
    'computes what Keras computed: %o',
    (each, expected) => {
      const model = network(each);
      expectSame(compute(model, each.size), expected);
      model.dispose();
    },
  );

  it.skipIf(!hasKeras)(
    `computes what Keras computes with the same weights (skipped where ${python} lacks keras)`,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'keras-networks-'));
      try {
        const tasks = await Promise.all(cases.map((each, i) => writeCase(folder, each, i)));
        await writeFile(join(folder, 'task.json'), JSON.stringify(tasks.map(({ task }) => task)));
        const output = execFileSync(
          python,
          [file('../../../bench/peers/keras_networks.py'), join(folder, 'task.json')],
          {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'pipe'],
          },
        );
        const computed = JSON.parse(output) as Computed[];
        expect(computed).toHaveLength(cases.length);
        for (const [i, each] of computed.entries()) expectSame(tasks[i]!.own, each);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

async function writeCase(folder: string, each: Case, i: number) {
  const model = network(each);
  const files = { weights: join(folder, `${i}.weights`), image: join(folder, `${i}.image`) };
  const layers = model.layers.filter((layer) => layer.getWeights().length > 0);
  const values = layers.flatMap((layer) => layer.getWeights().map((weight) => weight.dataSync()));
  await writeFile(
    files.weights,
    Buffer.concat(values.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength))),
  );
  await writeFile(files.image, new Uint8Array(image(each.size).buffer));
  const shapes = layers.map((layer) => ({
    name: layer.name,
    shapes: layer.getWeights().map(({ shape }) => shape),
  }));
  const own = compute(model, each.size);
  model.dispose();
  return { own, task: { ...each, labels: LABELS, ...files, layers: shapes } };
}
