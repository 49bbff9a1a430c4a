import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { InvalidInputError } from '#core/errors.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { differencesOf, type KnownTraining, trainKnown } from '#model/training/known-training.ts';
import { isOutOfMemory } from '#model/training/out-of-memory.ts';
import { noSwiftShader, swiftShader } from './swiftshader.ts';

const compact: KnownTraining = {
  ...{ network: 'compact', filters: [4, 8], size: 8, batch: 4 },
  ...{ optimiser: { name: 'adam' }, learningRate: 0.002, steps: 3 },
};

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

describe.skipIf(noSwiftShader)(`WebGPU${noSwiftShader ? ` (${noSwiftShader})` : ''}`, () => {
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

  // The thin MobileNet amplifies rounding: its first layers differ by 1e-2 between WebAssembly and plain
  // JavaScript.
  it.each([['resnet-18', 1e-4]] as const)(
    'gives the gradients of WebAssembly for %s',
    async (network, tolerance) => {
      const { filters: _, ...training } = { ...compact, network, width: 0.125, size: 32, steps: 1 };
      const { loss, gradients } = await compare({ ...training, batch: 4 });
      expect(loss).toBeLessThan(1e-4);
      expect(gradients).toBeLessThan(tolerance);
    },
  );

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
