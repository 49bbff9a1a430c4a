import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRandom } from '#core/random.ts';
import { buildNetwork } from '#model/network/build-network.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { learnBatch } from '#model/training/learn-batch.ts';
import { isOutOfMemory } from '#model/training/out-of-memory.ts';
import { createReplica } from '#model/training/replica.ts';
import { backendUnderTest } from '../backend-under-test.ts';

const IMAGES = 6;
const input = { height: 8, width: 8 };
const random = createRandom('batch');
const batch = {
  values: Float32Array.from({ length: IMAGES * 8 * 8 * 3 }, () => random.between(-1, 1)),
  classIndices: Int32Array.from({ length: IMAGES }, (_, i) => i % 2),
  input,
};

beforeAll(async () => {
  await useBackend(backendUnderTest);
});
afterEach(() => vi.restoreAllMocks());

/** Lets the backend run out of memory for more than so many images. */
function limitMemory(images: number) {
  const backend = tf.backend();
  const write = backend.write.bind(backend);
  vi.spyOn(backend, 'write').mockImplementation((data, shape, dtype) => {
    const [n, height, width, channels] = shape;
    if (height === 8 && width === 8 && channels === 3 && n! > images) {
      throw new Error('OOM when allocating tensor with shape');
    }
    return write(data, shape, dtype);
  });
}

describe('a batch that memory does not suffice for', () => {
  it('is halved until it does, with messages, and makes one step of all its images', async () => {
    const model = buildNetwork({ input, labelCount: 2, filters: [4], seed: 1 });
    const replica = await createReplica(model);
    const [whole, halved, byHand] = [0, 1, 2].map(() => new Float32Array(replica.size)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    expect(await learnBatch(replica, { ...batch, parts: 1 }, whole)).toBe(1);
    const messages: string[] = [];
    const tensors = tf.memory().numTensors;
    limitMemory(2);

    const parts = await learnBatch(replica, { ...batch, parts: 1 }, halved, (message) =>
      messages.push(message),
    );

    expect(parts).toBe(4);
    expect(messages).toEqual([
      expect.stringMatching(/did not suffice for 6 images at once.*2 parts of 3/),
      expect.stringMatching(/4 parts of 2/),
    ]);
    vi.restoreAllMocks();
    const own = new Float32Array(replica.size);
    for (const [from, to] of [
      [0, 1],
      [1, 3],
      [3, 4],
      [4, 6],
    ] as const) {
      const some = {
        values: batch.values.subarray(from * 192, to * 192),
        classIndices: batch.classIndices.subarray(from, to),
      };
      await learnBatch(replica, { ...some, input, parts: 1 }, own);
      for (let i = 0; i < own.length - 1; i++) byHand[i]! += ((to - from) / IMAGES) * own[i]!;
      byHand[own.length - 1]! += own.at(-1)!;
    }
    expect(halved).toEqual(byHand);
    // The mean loss is over the same images, but batch normalisation sees other batches.
    expect(replica.score(halved).loss).not.toBe(replica.score(whole).loss);
    expect(tf.memory().numTensors).toBe(tensors);
    model.dispose();
  });

  it('is an error when a single image does not fit, and when something else is wrong', async () => {
    const model = buildNetwork({ input, labelCount: 2, filters: [4], seed: 1 });
    const replica = await createReplica(model);
    limitMemory(0);
    const into = new Float32Array(replica.size);
    await expect(learnBatch(replica, { ...batch, parts: 1 }, into)).rejects.toThrow(/OOM/);
    vi.restoreAllMocks();
    const broken = { size: replica.size, learn: async () => expect.fail('another error') };
    await expect(learnBatch(broken, { ...batch, parts: 1 }, into)).rejects.toThrow('another error');
    model.dispose();
  });
});

it.each([
  ['TensorFlow', 'OOM when allocating tensor with shape[64,224,224,64]', true],
  ['WebAssembly', 'out of memory: WebAssembly has no room for 5 bytes', true],
  ['nobody', 'memory access out of bounds', false],
  ['the engine', 'Array buffer allocation failed', true],
  ['nobody', 'The shapes do not match', false],
])('%s is heard when it says "%s"', (_who, message, expected) => {
  expect(isOutOfMemory(new Error(message))).toBe(expected);
});
