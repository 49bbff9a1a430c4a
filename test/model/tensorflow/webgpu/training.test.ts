import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { InvalidInputError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { prepare, shapeOf } from '#model/data/prepare.ts';
import { trainingImagesOf } from '#model/data/training-images.ts';
import { referenceImages } from '#model/inference/reference-images.ts';
import { finishNetwork } from '#model/network/finish-network.ts';
import { networkInput, trainingInput } from '#model/network/input.ts';
import { openSession } from '#model/onnx/session.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { trainGeneral } from '#model/training/general.ts';
import {
  differencesOf,
  type KnownTraining,
  toleranceOf,
  trainKnown,
} from '#model/training/known-training.ts';
import { isOutOfMemory } from '#model/training/out-of-memory.ts';
import { findCheckpoint } from '#model/training/training-checkpoints.ts';
import { probabilitiesOf } from '#model/training/validate.ts';
import { backendUnderTest } from '../../backend-under-test.ts';
import { noSwiftShader, swiftShader } from './swiftshader.ts';

const compact: KnownTraining = {
  ...{ network: 'compact', filters: [4, 8], size: 8, batch: 4 },
  ...{ optimiser: { name: 'adam' }, learningRate: 0.002, steps: 3 },
};

const random = createRandom('noise');
const noise = Array.from({ length: 12 }, () =>
  Uint8Array.from({ length: 8 * 8 * 3 }, () => random.below(256)),
);
const data = trainingImagesOf({
  labels: ['a', 'b'],
  ids: noise.map((_, i) => `${i}.png`),
  classIndices: Int32Array.from(noise, (_, i) => i % 2),
  input: networkInput(8),
  digest: '0'.repeat(64),
  size: noise.length,
  damaged: [],
  close: () => {},
  gather: (indices) => Uint8Array.from(Array.from(indices, (i) => [...noise[i]!]).flat()),
});

const weightsOf = (model: LayersModel) => Promise.all(model.getWeights().map((weight) => weight.data()));

/** The same training on WebAssembly and on WebGPU. */
async function compare(training: KnownTraining) {
  await useBackend('wasm');
  const expected = await trainKnown(training);
  await useBackend('webgpu');
  const tensors = tf.memory().numTensors;
  const actual = await trainKnown(training);
  expect(tf.memory().numTensors).toBe(tensors);
  return differencesOf(actual, expected);
}

const title = `WebGPU${noSwiftShader ? ` (${noSwiftShader})` : ''}`;

describe.skipIf(noSwiftShader)(title, { timeout: 900_000 }, () => {
  beforeAll(() => {
    Object.assign(process.env, swiftShader);
  });

  it('is not taken by itself where the processor stands in for a GPU, and computes when asked for', async () => {
    expect((await useBackend()).name).not.toBe('webgpu');
    expect(await useBackend('webgpu')).toMatchObject({
      name: 'webgpu',
      device: expect.stringMatching(/SwiftShader.*on the processor/i),
    });
    // It would keep the process from ending.
    expect(Reflect.get(globalThis.navigator ?? {}, 'gpu')).toBeUndefined();
  });

  it.each([
    ['Adam', { name: 'adam' }],
    ['AdamW with a running mean', { name: 'adamw', weightDecay: 0.05, averaging: 0.9 }],
    ['SGD', { name: 'sgd', momentum: 0.9, weightDecay: 5e-4 }],
  ] as const)('takes the steps of WebAssembly with %s', async (_name, optimiser) => {
    const { loss, gradients, state } = await compare({ ...compact, optimiser });
    expect(Math.max(loss, gradients, state)).toBeLessThan(1e-4);
  });

  // SwiftShader compiles for minutes: `GRAFT_TEST_BACKEND=webgpu` has the other networks compared, too.
  it.skipIf(backendUnderTest !== 'webgpu').each(['resnet-18', 'resnet-50', 'mobilenet-v2'] as const)(
    'gives the gradients of WebAssembly for %s, up to its own rounding',
    async (network) => {
      const { filters: _, ...training } = { ...compact, network, width: 0.125, size: 32, steps: 1 };
      const { loss, gradients } = await compare(training);
      await useBackend('wasm');
      const allowed = await toleranceOf(training, await trainKnown(training));
      expect(loss).toBeLessThan(allowed.loss);
      expect(gradients).toBeLessThan(allowed.gradients);
    },
  );

  it('goes on from a checkpoint to the same model, which gives the same as its graph', async () => {
    await useBackend('webgpu');
    const folder = await mkdtemp(join(tmpdir(), 'graft-webgpu-'));
    const checkpoints = { folder, everySeconds: 0, settings: {} };
    const options = { epochs: 2, batchSize: 4, seed: 1, validationShare: 0.25, filters: [4, 8] };
    const stop = new AbortController();
    const stopped = trainGeneral(
      data,
      { ...options, checkpoints },
      { signal: stop.signal, onProgress: () => stop.abort(new Error('stop')) },
    );
    await expect(stopped).rejects.toThrow('stop');
    const from = await findCheckpoint(folder, expect.fail);
    await rm(folder, { recursive: true });
    // Of four.
    expect(from).toMatchObject({ state: { step: 2 } });

    const whole = await trainGeneral(data, options);
    const rest = await trainGeneral(data, { ...options, checkpoints: { ...checkpoints, from } });

    const [expected, actual] = await Promise.all([weightsOf(whole.model), weightsOf(rest.model)]);
    expect(actual).toEqual(expected);
    expect(rest.metrics).toEqual(whole.metrics);
    const [, , pixels] = referenceImages(data.input);
    const { bytes } = await finishNetwork(rest.model, data.input, data.labels);
    const session = await openSession(bytes);
    const image = { dims: shapeOf(data.input, 1), data: prepare(pixels!, data.input) };
    const { probabilities } = await session.run({ image });
    await session.close();
    const own = await probabilitiesOf(rest.model, prepare(pixels!, trainingInput(data.input)), data.input);
    for (const [i, value] of probabilities!.data.entries()) expect(value).toBeCloseTo(own[i]!, 5);
    whole.model.dispose();
    rest.model.dispose();
  });

  it('says that memory is short where WebGPU would give zeros, and computes on', async () => {
    await useBackend('webgpu');
    // 2 gigabytes; SwiftShader's limit is one.
    const tooLarge = () => tf.fill([2 ** 29], 1);
    expect(tooLarge).toThrow(InvalidInputError);
    expect(tooLarge).toThrow(/out of memory/);
    try {
      tooLarge();
    } catch (error) {
      expect(isOutOfMemory(error)).toBe(true);
    }
    const five = tf.add(tf.fill([2000], 2), 3);
    expect((await five.data())[1999]).toBe(5);
    five.dispose();
  });
});
